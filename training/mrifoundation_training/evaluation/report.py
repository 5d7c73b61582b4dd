"""The summary as a table for people and as JSON for programs."""

import math
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from mrifoundation_training.evaluation.bootstrap import Interval
from mrifoundation_training.evaluation.floors import MOST_FALSE_PRESENCE
from mrifoundation_training.evaluation.summary import Rate, StructureSummary, Summary
from mrifoundation_training.evaluation.surface_distance import TOLERANCE_MM

NAMED = 8


def print_summary(
    console: Console, summary: Summary, title: str, skipped: dict[str, str], tolerance_mm: float = TOLERANCE_MM
) -> None:
    """Structure × source, then presence, sides, floors, and what was skipped and why."""
    table = Table(title=title)
    for column in ("source", "structure"):
        table.add_column(column, no_wrap=True)
    surface = f"surface Dice, {tolerance_mm:g} mm"
    for column in ("Dice", "95 % interval", "HD95 mm", surface, "95 % interval", "subjects", "scans", "missed"):
        table.add_column(column, justify="right")
    for row in summary.structures:
        counts = (str(row.dice.subjects), str(row.dice.scans), str(row.missed))
        numbers = (*_shown(row.dice), _number(row.hd95_mm.mean, 2), *_shown(row.surface_dice))
        table.add_row(row.source, row.structure, *numbers, *counts)
    table.add_section()
    for source, dice in summary.sources.items():
        counts = (str(dice.subjects), str(dice.scans), "")
        table.add_row(source, "all structures", *_shown(dice), "", *_shown(summary.surfaces[source]), *counts)
    console.print(table)
    console.print(_sentence("Said to be in view though it is in another part of the body", summary.elsewhere))
    console.print(_sentence("Said to be in view though its source shows none in this scan", summary.absent))
    console.print(_sentence("Left and right swapped", summary.swapped))
    _print_floors(console, summary)
    if any(_partly(row) for row in summary.structures):
        console.print(
            "Surface Dice is of fewer scans than Dice: the score file is of before it was measured; score into another one."
        )
    if skipped:
        console.print(f"Skipped {len(skipped)} case{'' if len(skipped) == 1 else 's'}:")
        for case, reason in skipped.items():
            console.print(f"  {case}: {reason}", highlight=False)


def as_json(
    summary: Summary,
    model: str,
    profile: str,
    split: str,
    skipped: dict[str, str],
    tolerance_mm: float = TOLERANCE_MM,
) -> dict:
    """One object of plain JSON types; a number that does not exist is null."""
    found = {
        "model": model,
        "profile": profile,
        "split": split,
        "surface_tolerance_mm": tolerance_mm,
        "structures": [asdict(row) for row in summary.structures],
        "sources": {source: asdict(dice) for source, dice in summary.sources.items()},
        "sources_surface_dice": {source: asdict(share) for source, share in summary.surfaces.items()},
        "false_presence": _rate(summary.elsewhere),
        "false_presence_labelled": _rate(summary.absent),
        "sides_swapped": _rate(summary.swapped),
        "floors": [
            {"title": floor.title, "source": floor.source, "least": floor.least, "reached": reached}
            for floor, reached in summary.floors
        ],
        "skipped": [{"case": case, "reason": reason} for case, reason in skipped.items()],
    }
    return _without_nan(found)


def _print_floors(console: Console, summary: Summary) -> None:
    for floor, reached in summary.floors:
        if reached is not None:
            verdict = "[green]reached[/]" if reached >= floor.least else "[red]not reached[/]"
            console.print(
                f"Floor, {floor.title} ({floor.source}): Dice {reached:.3f}, wanted {floor.least:.2f}: {verdict}"
            )
    if summary.elsewhere.asked:
        verdict = "[green]reached[/]" if summary.elsewhere.value < MOST_FALSE_PRESENCE else "[red]not reached[/]"
        console.print(
            f"Floor, false presence: {summary.elsewhere.value:.1%}, below {MOST_FALSE_PRESENCE:.0%} wanted: {verdict}"
        )


def _sentence(what: str, rate: Rate) -> str:
    if not rate.asked:
        return f"{what}: nothing asked."
    named = ", ".join(rate.names[:NAMED]) + (", …" if len(rate.names) > NAMED else "")
    return f"{what}: {rate.count} of {rate.asked} ({rate.value:.1%})" + (f": {named}." if named else ".")


def _partly(row: StructureSummary) -> bool:
    return row.surface_dice.scans < row.dice.scans


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _shown(interval: Interval) -> tuple[str, str]:
    """Mean and interval."""
    span = f"{interval.low:.3f} – {interval.high:.3f}" if math.isfinite(interval.low) else "–"
    return _number(interval.mean), span


def _rate(rate: Rate) -> dict:
    return {"count": rate.count, "asked": rate.asked, "rate": rate.value, "names": list(rate.names)}


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
