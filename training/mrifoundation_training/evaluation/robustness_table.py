"""Robustness as tables for people and as plain JSON types."""

import numpy as np
from rich.console import Console
from rich.table import Table

from mrifoundation_training.evaluation.bootstrap import Interval

Curves = dict[str, dict[str, dict[float, Interval]]]  # source → damage → level


def print_curves(console: Console, curves: Curves, units: dict[str, str], found: dict) -> None:
    """One table a damage, then what is left of studies, and what was skipped and why. units: of the damages; found: the JSON object."""
    console.print(f"{found['model']}, profile {found['profile']}, split {found['split']}.", highlight=False)
    for name, unit in units.items():
        told = {source: damages[name] for source, damages in curves.items() if name in damages}
        console.print(_curve_table(f"Mean Dice by {name} ({unit})", told))
    for source, rows in found["sequences"].items():
        console.print(_sequences_table(f"{source}: Dice with what is left of a study", rows))
    for case, reason in found["skipped"].items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def _curve_table(title: str, told: dict[str, dict[float, Interval]]) -> Table:
    levels = list(max(told.values(), key=len))
    table = Table(title=title)
    table.add_column("source", no_wrap=True)
    for level in levels:
        table.add_column(f"{level:g}", justify="right")
    table.add_column("subjects", justify="right")
    for source, one in told.items():
        row = [f"{one[at].mean:.3f}" if at in one and np.isfinite(one[at].mean) else "–" for at in levels]
        table.add_row(source, *row, str(max(at.subjects for at in one.values())))
    return table


def _sequences_table(title: str, rows: list[dict]) -> Table:
    table = Table(title=title)
    table.add_column("structure", no_wrap=True)
    table.add_column("sequences", no_wrap=True)
    for column in ("vote", "best of them", "subjects"):
        table.add_column(column, justify="right")
    for row in rows:
        numbers = (f"{row['dice']:.3f}", f"{row['best']:.3f}", str(row["subjects"]))
        table.add_row(row["structure"], ", ".join(row["sequences"]), *numbers)
    return table


def plain(curves: Curves) -> dict:
    """A number that does not exist is null."""

    def number(value: float) -> float | None:
        return round(value, 4) if np.isfinite(value) else None

    return {
        source: {
            name: [
                {"level": level, "dice": number(one.mean), "low": number(one.low), "high": number(one.high), "subjects": one.subjects}
                for level, one in curve.items()
            ]
            for name, curve in damages.items()
        }
        for source, damages in curves.items()
    }  # fmt: skip
