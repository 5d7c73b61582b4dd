"""Interactive scores as a table for people and as JSON for programs."""

import math
from collections import defaultdict
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap

SHOWN = (0, 1, 3, 5, 10)
WANTED = 0.90


@dataclass(frozen=True)
class Trace:
    """One structure of one scan under the robot's clicks. begin: words | nothing. method: refine | random walker | grow-cut.
    dice: after 0, 1, 2 … clicks; seconds: the slowest click."""

    case: str
    subject: str
    source: str
    structure: str
    begin: str
    method: str
    dice: tuple[float, ...]
    seconds: float

    @property
    def clicks_to_wanted(self) -> int | None:
        """The first number of clicks with Dice of at least 0.90; None when it was not reached."""
        return next((n for n, dice in enumerate(self.dice) if dice >= WANTED), None)

    def after(self, clicks: int) -> float:
        """Dice after that many clicks, or after the last where fewer were needed."""
        return self.dice[min(clicks, len(self.dice) - 1)]


@dataclass(frozen=True)
class Row:
    """Traces of one source, structure, beginning and method. dice: clicks → mean over subjects. reached: how many came to 0.90; clicks:
    median over all of them, where those that did not come there count as more than any: inf means more than `most`, which were made."""

    source: str
    structure: str
    begin: str
    method: str
    dice: dict[int, Interval]
    traces: int
    reached: int
    clicks: float
    most: int


def rows_of(traces: list[Trace], clicks: int = SHOWN[-1]) -> list[Row]:
    """One row a source, structure, beginning and method, and one over all structures of a beginning. clicks: how many were allowed."""
    shown = [n for n in SHOWN if n <= clicks]
    groups: dict[tuple, list[Trace]] = defaultdict(list)
    for trace in traces:
        groups[trace.source, trace.structure, trace.begin, trace.method].append(trace)
        groups["all", "all structures", trace.begin, trace.method].append(trace)
    return [
        _row(key, group, shown)
        for key, group in sorted(groups.items(), key=lambda item: (item[0][0] == "all", item[0]))
    ]


def as_json(rows: list[Row], traces: list[Trace], model: str, skipped: dict[str, str]) -> dict:
    """One object of plain JSON types; a number that does not exist, such as more clicks than were made, is null."""
    return {
        "model": model,
        "rows": [_plain(asdict(row)) for row in rows],
        "traces": [_plain(asdict(trace) | {"clicks_to_0.90": trace.clicks_to_wanted}) for trace in traces],
        "skipped": [{"case": case, "reason": reason} for case, reason in skipped.items()],
    }


def print_rows(console: Console, rows: list[Row], title: str, skipped: dict[str, str]) -> None:
    """The table, and what was skipped and why."""
    table = Table(title=title)
    for column in ("source", "structure", "begins with", "method"):
        table.add_column(column, no_wrap=True)
    shown = list(rows[0].dice) if rows else []
    for column in (*(f"Dice, {n}" for n in shown), "n", f"reach {WANTED:.2f}", "clicks"):
        table.add_column(column, justify="right")
    for row in rows:
        dice = [f"{row.dice[n].mean:.3f}" for n in shown]
        clicks = f"{row.clicks:g}" if math.isfinite(row.clicks) else f"> {row.most}"
        table.add_row(
            row.source, row.structure, row.begin, row.method, *dice, str(row.traces), str(row.reached), clicks
        )
    console.print(table)
    for case, reason in skipped.items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def _row(key: tuple[str, str, str, str], group: list[Trace], shown: list[int]) -> Row:
    values: dict[int, dict[str, list[float]]] = {n: defaultdict(list) for n in shown}
    for trace in group:
        for n in shown:
            values[n][f"{trace.source}/{trace.subject}"].append(trace.after(n))
    needed = [math.inf if trace.clicks_to_wanted is None else trace.clicks_to_wanted for trace in group]
    dice = {n: subject_bootstrap(by_subject) for n, by_subject in values.items()}
    most = max(len(trace.dice) - 1 for trace in group)
    return Row(*key, dice, len(group), sum(map(math.isfinite, needed)), float(np.median(needed)), most)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
