"""`--where "region = brain and age in 60..90"`: a sentence of simple comparisons, read into the object that `filters` takes.

A clause is `FIELD = VALUE [or VALUE …]`, `FIELD = LOW..HIGH`, `FIELD >= LOW` or `FIELD <= HIGH`; clauses are joined by `and` or commas.
A volume is `volume_ml.liver` (or `volume_ml."left kidney"`). Values with commas or the words and, or are quoted.
"""

import re
from typing import Any

from mrifoundation.errors import InputError
from mrifoundation.library.filters import FIELDS, NUMBERS, TRUTHS, VOLUMES, condition, volume_conditions

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>>=|<=|=|<|>|,|\||;)|(?P<word>[^\s"'=<>,|;]+))""")
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_EXAMPLE = 'write for example: region = brain and age = 60..90 and diagnosis = "multiple sclerosis"'

Token = tuple[str, str]  # kind (quoted | sign | word), text


def parse_where(text: str) -> dict[str, Any]:
    """The filter object of a `--where` sentence; {} for an empty one. Raises InputError that shows how to write it."""
    filters: dict[str, Any] = {}
    for clause in _split(_tokens(text), ("and", ",", ";")):
        _add(filters, *_clause(clause))
    condition(filters)
    volume_conditions(filters)
    return filters


def _tokens(text: str) -> list[Token]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(f"The filter cannot be read from '{text[place:].strip()[:30]}' on; {_EXAMPLE}.")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return tokens


def _split(tokens: list[Token], at: tuple[str, ...]) -> list[list[Token]]:
    """Tokens between separators; a quoted word never separates."""
    parts: list[list[Token]] = [[]]
    for kind, text in tokens:
        if kind != "quoted" and text.lower() in at:
            parts.append([])
        else:
            parts[-1].append((kind, text))
    if any(not part for part in parts) and tokens:
        raise InputError(f"A part of the filter is empty; {_EXAMPLE}.")
    return [part for part in parts if part]


def _clause(tokens: list[Token]) -> tuple[str, str | None, str, list[str]]:
    """(field, structure of a volume, sign, values) of one comparison."""
    place = next((n for n, (kind, text) in enumerate(tokens) if kind == "sign" or text.lower() == "in"), None)
    if not place:
        raise InputError(f"'{_shown(tokens)}' compares nothing; {_EXAMPLE}.")
    sign = "=" if tokens[place][1].lower() == "in" else tokens[place][1]
    if sign not in ("=", ">=", "<="):
        raise InputError(f"'{_shown(tokens)}' uses {sign}; use =, >= or <=.")
    name, _, structure = _shown(tokens[:place]).partition(".")
    name = name.strip().lower()
    if name not in FIELDS:
        raise InputError(f"There is no filter '{name[:40]}'; filter by {', '.join(FIELDS)}.")
    if (name == VOLUMES) != bool(structure):
        raise InputError("Only volumes name a structure, and they need one: write volume_ml.liver = 1000..2000.")
    values = [_shown(part) for part in _split(tokens[place + 1 :], ("or", "|"))]
    if not values:
        raise InputError(f"'{_shown(tokens)}' lacks a value; {_EXAMPLE}.")
    return name, structure.strip() or None, sign, values


def _add(filters: dict[str, Any], name: str, structure: str | None, sign: str, values: list[str]) -> None:
    if name in NUMBERS or name == VOLUMES:
        if len(values) > 1:
            raise InputError(f"The filter {name} takes one number or range; write low..high.")
        home, key = (filters.setdefault(VOLUMES, {}), structure) if name == VOLUMES else (filters, name)
        home[key] = _narrowed(home.get(key, [None, None]), _bounds(name, sign, values[0]))
    elif sign != "=":
        raise InputError(f"The filter {name} is no number; compare it with =.")
    elif name in filters:
        raise InputError(f"The filter {name} stands twice; join its values with or.")
    elif name in TRUTHS:
        filters[name] = _truth(name, values)
    else:
        filters[name] = values[0] if len(values) == 1 else values


def _bounds(name: str, sign: str, text: str) -> list[float | None]:
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if sign == "=" and match and any(match.groups()):
        return [float(end) if end else None for end in match.groups()]
    if not re.fullmatch(_NUMBER, text):
        raise InputError(f"The filter {name} needs a number or a range, not '{text[:40]}'; write low..high.")
    number = float(text)
    return {"=": [number, number], ">=": [number, None], "<=": [None, number]}[sign]


def _narrowed(old: list[float | None], new: list[float | None]) -> list[float | None]:
    lows, highs = ([end for end in ends if end is not None] for ends in zip(old, new, strict=True))
    return [max(lows, default=None), min(highs, default=None)]


def _truth(name: str, values: list[str]) -> bool:
    known = {"yes": True, "true": True, "no": False, "false": False}
    if len(values) != 1 or values[0].lower() not in known:
        raise InputError(f"The filter {name} is yes or no.")
    return known[values[0].lower()]


def _shown(tokens: list[Token]) -> str:
    """Tokens as text; a name and its quoted structure belong together."""
    text = " ".join(text[1:-1] if kind == "quoted" else text for kind, text in tokens)
    return text.replace(". ", ".") if text.lower().startswith(VOLUMES) else text
