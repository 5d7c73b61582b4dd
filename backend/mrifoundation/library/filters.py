"""Filters as data: which cases may answer. They are checked field by field and only then become a condition of the table's language."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mrifoundation.errors import InputError

TEXTS = ("region", "sequence", "plane", "sex", "diagnosis", "flags")
NUMBERS = ("age",)
TRUTHS = ("contrast",)
VOLUMES = "volume_ml"
FIELDS = (*TEXTS, *NUMBERS, *TRUTHS, VOLUMES)
LARGEST = 1e15
LONGEST, MOST = 200, 50  # characters of a text, alternatives of a field
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")

Spelt = Callable[[str, str], list[str]]  # (column, text in lower case) → how the table spells it


def condition(filters: Mapping[str, Any], spelt: Spelt | None = None) -> str:
    """The condition on facts for `filters`, "" for none; `volume_ml` is another table's and is left to `volume_conditions`.

    region, sequence, plane, sex, diagnosis, flags: a text or a list of which one must fit, ignoring case; a diagnosis fits when it contains
    the text. age: a number or [least, most], either may be null. contrast: true or false. spelt: with it the condition is one that indexes
    of the columns can answer. Raises InputError for anything else.
    """
    parts = [_part(name, value, spelt) for name, value in _checked(filters).items() if name != VOLUMES]
    return " AND ".join(f"({part})" for part in parts)


def volume_conditions(filters: Mapping[str, Any], spelt: Spelt | None = None) -> list[str]:
    """One condition on the table of regions for each structure of `volume_ml` ({"liver": [1000, 2000]}, mL); spelt: as for `condition`."""
    volumes = _checked(filters).get(VOLUMES, {})
    if not isinstance(volumes, Mapping):
        raise InputError('The filter volume_ml needs a range for each structure, for example {"liver": [1000, 2000]}.')
    return [
        f"{_one_of('structure', [_text(name, VOLUMES).lower()], spelt)} AND {_range('volume_ml', value)}"
        for name, value in volumes.items()
    ]


def any_of(column: str, values: Sequence[str]) -> str:
    """The condition that a column has one of some exact values."""
    return f"{column} IN ({', '.join(map(quoted, values))})" if values else "false"


def both(*conditions: str) -> str:
    """All of the conditions; those that are "" say nothing."""
    return " AND ".join(f"({one})" for one in conditions if one)


def quoted(text: str) -> str:
    """A text as a literal of the table's language."""
    if _NO_CHARACTER.search(text):
        raise InputError("A filter holds a character that no text has; type it again.")
    return "'" + text.replace("'", "''") + "'"


def _checked(filters: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(filters, Mapping):
        raise InputError('Filters are an object of field and value, for example {"region": "brain", "age": [60, 90]}.')
    for name in filters:
        if name not in FIELDS:
            raise InputError(f"There is no filter '{str(name)[:40]}'; filter by {', '.join(FIELDS)}.")
    return filters


def _part(name: str, value: Any, spelt: Spelt | None) -> str:
    if name in NUMBERS:
        return _range(name, value)
    if name in TRUTHS:
        if not isinstance(value, bool):
            raise InputError(f"The filter {name} is true or false.")
        return f"{name} = {str(value).lower()}"
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not values or len(values) > MOST:
        raise InputError(f"The filter {name} needs a text or a list of at most {MOST} texts.")
    texts = [_text(one, name).lower() for one in values]
    if name == "flags":
        return " OR ".join(f"array_has(flags, {quoted(text)})" for text in texts)
    if name == "diagnosis":
        return " OR ".join(f"strpos(lower(diagnosis), {quoted(text)}) > 0" for text in texts)
    return _one_of(name, texts, spelt)


def _one_of(column: str, texts: Sequence[str], spelt: Spelt | None) -> str:
    """The condition that a column has one of some texts in lower case, whatever its own."""
    if spelt:
        return any_of(column, [spelling for text in texts for spelling in spelt(column, text)])
    return any_of(f"lower({column})", texts)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise InputError(f"The filter {name} needs texts of 1 to {LONGEST} characters.")
    return re.sub(r"\s+", " ", value.strip())


def _range(column: str, value: Any) -> str:
    low, high = (
        value if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2 else (value, value)
    )
    ends = [(">=", low), ("<=", high)]
    if all(end is None for _, end in ends) or not all(end is None or _is_number(end) for _, end in ends):
        raise InputError(f"The filter {column} needs a number or [least, most], for example [60, 90] or [60, null].")
    return " AND ".join(f"{column} {sign} {float(end)!r}" for sign, end in ends if end is not None)


def _is_number(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) < LARGEST  # of whole numbers, math.isfinite fails on those that no float holds
