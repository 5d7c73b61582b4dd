"""What the values of a recipe may be, as the annotations of its fields say."""

import math
import re
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from mrifoundation.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Of a number; one whose annotation has none is not negative."""

    low: float = 0
    high: float = math.inf

    def __str__(self) -> str:
        return f", {self.low} or more" if self.high == math.inf else f" from {self.low} to {self.high}"


Share = Annotated[float, Limits(0, 1)]
Count = Annotated[int, Limits(1)]

_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
# YAML 1.1 reads 1e-3, without a point, as text.
_POWER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def checked(kind: type, values: Any, where: str) -> dict[str, Any]:
    """The values of fields of a dataclass as it takes them. where: of the recipe they stand, "" for the recipe itself.

    Raises InputError naming the field that is unknown, missing or wrong."""
    if not isinstance(values, dict):
        raise InputError(f"{where} is {_shown(values)}; it must be fields with their values, such as {{weight: 1}}.")
    known = {one.name: one for one in fields(kind)}
    for name in values:
        if name not in known:
            raise InputError(f"{where or 'The recipe'} has no field '{name}'; known are {', '.join(sorted(known))}.")
    if missing := [n for n, one in known.items() if n not in values and one.default is one.default_factory is MISSING]:
        raise InputError(f"{where or 'The recipe'} lacks its {missing[0]}; add it.")
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for name, value in values.items():
        if value is None and known[name].default == "":
            value = ""
        try:
            found[name] = _fitted(value, hints[name])
        except ValueError as error:
            told = f"{where}.{name}" if where else name
            raise InputError(f"{told} is {_shown(value)}; it must be {error}.") from error
    return found


def _fitted(value: Any, hint: Any) -> Any:
    """The value as the annotation has it. Raises ValueError with what it must be."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _number(value, *inner)
    if hint in (int, float):
        return _number(value, hint, Limits())
    if origin is tuple:
        return _list(value, inner)
    if origin is UnionType:
        return _either(value, inner)
    if origin is dict and isinstance(value, dict):
        return {_fitted(key, inner[0]): _fitted(one, inner[1]) for key, one in value.items()}
    if not isinstance(value, origin or hint):
        raise ValueError(_NAMES.get(hint, "fields with their values, such as {name: value}"))
    return value


def _number(value: Any, kind: type, limits: Limits) -> Any:
    if isinstance(value, str) and _POWER.fullmatch(value):
        value = float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    right = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if not right or not limits.low <= value <= limits.high or value == math.inf:
        raise ValueError(f"{_NAMES[kind]}{limits}")
    return value


def _list(value: Any, kinds: tuple) -> tuple:
    """As many as there are `kinds`, or any number of the first. Two numbers are a range."""
    count = None if Ellipsis in kinds else len(kinds)
    wanted = f"a list of {count}" if count else "a list, such as [one, another]"
    if not isinstance(value, list | tuple) or count not in (None, len(value)):
        raise ValueError(wanted)
    try:
        found = tuple(_fitted(one, kinds[0]) for one in value)
    except ValueError as error:
        raise ValueError(f"{wanted}, each {error}") from error
    if count == 2 and found[0] > found[1]:
        raise ValueError("a list of 2, the smaller one first")
    return found


def _either(value: Any, kinds: tuple) -> Any:
    wanted = []
    for kind in kinds:
        try:
            return _fitted(value, kind)
        except ValueError as error:
            wanted.append(str(error))
    raise ValueError("; or ".join(wanted))


def _shown(value: Any) -> str:
    return "empty" if value is None else f"'{value}'"
