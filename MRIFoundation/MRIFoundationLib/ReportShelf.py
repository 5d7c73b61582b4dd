"""The texts of a report that a draft took the place of, and how the scene keeps them. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Shelved:
    """A text as it stood in the editor. `is_own`: a person wrote or changed it; else it is a draft as it was written. `scan`,
    `scan_name`: id and name of the node that it is about; `places`: as ReportPlaces writes them; `job`: of its draft, which the session
    may still have."""

    text: str
    is_own: bool = True
    scan: str = ""
    scan_name: str = ""
    places: str = ""
    job: str = ""


def with_own(shelf: Sequence[Shelved], present: Shelved | None) -> list[Shelved]:
    """The shelf when a draft takes the place of `present` (None: of nothing): a person's own texts, the last one first. Drafts go, since
    another one can be written."""
    return [one for one in (present, *shelf) if one is not None and one.is_own]


def turned(shelf: Sequence[Shelved], present: Shelved | None) -> tuple[Shelved, list[Shelved]]:
    """The first text of the shelf, and the shelf when it comes back: what stands in the editor goes behind the others, so that turning on
    comes by all of them."""
    first, *others = shelf
    return first, [*others, *([present] if present is not None else [])]


def keep(shelf: Sequence[Shelved]) -> str:
    """The text for a shelf."""
    return json.dumps([astuple(one) for one in shelf]) if shelf else ""


def recall(text: str) -> list[Shelved]:
    """The shelf back from the text; what cannot be read, as in a scene that was edited by hand, is empty."""
    try:
        return [_read(*told) for told in json.loads(text)]
    except (ValueError, TypeError):
        return []


def _read(text, is_own, *more) -> Shelved:
    return Shelved(str(text), bool(is_own), *map(str, more))
