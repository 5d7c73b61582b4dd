"""Filters of the library as a person types them: `plane = axial and volume_ml.liver = 1000..2000`.

The same text that `mrifoundation search --where` takes, read here so that a slip is told while it is typed. Without Qt or MRML.
"""

from __future__ import annotations

import re

from .Failures import BackendError
from .Sentence import translatable as _

TEXTS = ("region", "sequence", "plane", "sex", "diagnosis", "flags")
AGE, CONTRAST, VOLUMES = "age", "contrast", "volume_ml"
FIELDS = (*TEXTS, AGE, CONTRAST, VOLUMES)

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>>=|<=|=|<|>|,|\||;)|(?P<word>[^\s"'=<>,|;]+))""")
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
_LONGEST, _MOST, _LARGEST = 200, 50, 1e15  # what the backend takes: characters, alternatives, numbers
_EXAMPLE = _("write for example: plane = axial and age = 60..90")


def parse(text: str) -> dict:
    """The filters of a text as the service takes them, {} for an empty one; BackendError in words for one that cannot be read."""
    filters: dict = {}
    for clause in _parted(_tokens(text), ("and", ",", ";")):
        _add(filters, *_compared(clause))
    return filters


def narrowed(choices: dict, more: dict) -> dict:
    """Filters that let through what both do; BackendError where they leave nothing."""
    both = {**choices, **more}
    for name in choices.keys() & more.keys():
        both[name] = _overlap(choices[name], more[name]) if name == AGE else _common(name, choices[name], more[name])
    return both


def _common(name: str, one: str | list[str], other: str | list[str]) -> list[str]:
    wanted = {_plain(text) for text in _listed(one)}
    common = [text for text in _listed(other) if _plain(text) in wanted]
    if not common:
        raise BackendError(_("The choice above asks for another {name}: take one of the two away.").format(name=name))
    return common


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _overlap(one: list, other: list) -> list:
    """The common part of two ranges, each end a number or None."""
    lows, highs = ([end for end in ends if end is not None] for ends in zip(one, other))
    return [max(lows, default=None), min(highs, default=None)]


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind (quoted, sign, word) and text of each."""
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            words = _("This cannot be read from '{text}' on: {example}.")
            raise BackendError(words.format(text=text[place:].strip()[:30], example=_EXAMPLE))
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return tokens


def _parted(tokens: list, at: tuple[str, ...]) -> list[list]:
    """Tokens between separators; a quoted word never separates."""
    parts: list[list] = [[]]
    for kind, text in tokens:
        if kind != "quoted" and text.lower() in at:
            parts.append([])
        else:
            parts[-1].append((kind, text))
    if tokens and not all(parts):
        raise BackendError(_("A part of it is empty: {example}.").format(example=_EXAMPLE))
    return [part for part in parts if part]


def _compared(tokens: list) -> tuple[str, str, str, list[str]]:
    """Field, structure of a volume ("" for none), sign and values of one comparison."""
    place = next((n for n, (kind, text) in enumerate(tokens) if kind == "sign" or text.lower() == "in"), None)
    if not place:
        raise BackendError(_("'{text}' compares nothing: {example}.").format(text=_shown(tokens), example=_EXAMPLE))
    sign = "=" if tokens[place][1].lower() == "in" else tokens[place][1]
    if sign not in ("=", ">=", "<="):
        raise BackendError(_("'{text}' uses {sign}: use =, >= or <=.").format(text=_shown(tokens), sign=sign))
    name, _dot, structure = _shown(tokens[:place]).partition(".")
    name, structure = name.strip().lower(), structure.strip()
    if name not in FIELDS:
        words = _("There is no filter '{name}': filter by {names}.")
        raise BackendError(words.format(name=name[:40], names=", ".join(FIELDS)))
    if (name == VOLUMES) != bool(structure):
        raise BackendError(_("Only volumes name a structure, and they need one: write volume_ml.liver = 1000..2000."))
    values = [_shown(part) for part in _parted(tokens[place + 1 :], ("or", "|"))]
    if not values:
        raise BackendError(_("'{text}' lacks a value: {example}.").format(text=_shown(tokens), example=_EXAMPLE))
    if len(values) > _MOST or not all(0 < len(one.strip()) <= _LONGEST for one in (*values, structure or "none")):
        words = _("The filter {name} needs 1 to {most} texts of 1 to {longest} characters.")
        raise BackendError(words.format(name=name, most=_MOST, longest=_LONGEST))
    return name, structure, sign, values


def _add(filters: dict, name: str, structure: str, sign: str, values: list[str]) -> None:
    if name in (AGE, VOLUMES):
        if len(values) > 1:
            raise BackendError(_("The filter {name} takes one number or range: write low..high.").format(name=name))
        home, key = (filters.setdefault(VOLUMES, {}), structure) if structure else (filters, name)
        home[key] = _overlap(home.get(key, [None, None]), _bounds(name, sign, values[0]))
    elif sign != "=":
        raise BackendError(_("The filter {name} is no number: compare it with =.").format(name=name))
    elif name in filters:
        raise BackendError(_("The filter {name} stands twice: join its values with or.").format(name=name))
    elif name == CONTRAST:
        filters[name] = _truth(values)
    else:
        filters[name] = values[0] if len(values) == 1 else values


def _bounds(name: str, sign: str, text: str) -> list:
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if sign == "=" and match and any(match.groups()):
        ends = [float(end) if end else None for end in match.groups()]
    elif re.fullmatch(_NUMBER, text):
        number = float(text)
        ends = {"=": [number, number], ">=": [number, None], "<=": [None, number]}[sign]
    else:
        words = _("The filter {name} needs a number or a range, not '{text}': write low..high.")
        raise BackendError(words.format(name=name, text=text[:40]))
    if any(abs(end) >= _LARGEST for end in ends if end is not None):
        words = _("The filter {name} needs a smaller number than '{text}'.")
        raise BackendError(words.format(name=name, text=text[:40]))
    return ends


def _truth(values: list[str]) -> bool:
    if len(values) != 1 or values[0].lower() not in _TRUTHS:
        raise BackendError(_("The filter {name} is yes or no.").format(name=CONTRAST))
    return _TRUTHS[values[0].lower()]


def _shown(tokens: list) -> str:
    """Tokens as text; a name and its quoted structure belong together."""
    text = " ".join(text[1:-1] if kind == "quoted" else text for kind, text in tokens)
    return text.replace(". ", ".") if text.lower().startswith(VOLUMES) else text
