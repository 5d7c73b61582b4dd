"""The table of contours as a CSV file, for planners and spreadsheets. Pure functions; no Qt, no MRML."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from .ContourTable import ContourRow

_COLUMNS = (
    "structure",
    "tg263",
    "snomed_ct",
    "volume_ml",
    "border_plus_minus_mm",
    "state",
    "notes",
    "reference_dose_gy",
    "reference_dose_of",
    "reference_dose_source",
)
"""The dose is what is commonly looked at first, by the source; it is no advice."""


def written(rows: list[ContourRow], organ: Callable[[str], dict]) -> str:
    """A line a contour, those still to be drawn and rejected ones too. `organ(name)`: what the sets of organs at risk tell of it, {} where
    they do not. Names of columns are not translated: programs read them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in rows:
        told = organ(row.name)
        limit, code = told.get("limit") or {}, (told.get("snomed") or {}).get("code", "")
        border = "" if row.doubt_mm is None else f"{row.doubt_mm / 2:.2f}"
        volume = "" if row.volume_ml is None else f"{row.volume_ml:.3f}"
        dose = [f"{limit['gy']:g}" if limit else "", limit.get("what", ""), limit.get("source", "")]
        writer.writerow(
            [row.name, told.get("tg263", ""), code, volume, border, _state(row), " ".join(row.notes), *dose]
        )
    return text.getvalue()


def _state(row: ContourRow) -> str:
    if not row.colour:
        return "undrawn"
    if not row.decision:
        return "undecided"
    verdict, current = row.decision
    return verdict if current and not row.edited else f"{verdict}, changed since"
