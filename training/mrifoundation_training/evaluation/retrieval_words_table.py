"""How well words and scans found each other, as tables for people; chance is a row of each."""

import math

from rich.console import Console
from rich.table import Table

from mrifoundation_training.evaluation.bootstrap import Interval
from mrifoundation_training.evaluation.retrieval_recall import Estimate, Recall
from mrifoundation_training.evaluation.retrieval_words import CAPTIONS_FIND, SCANS_FIND, WRITTEN_FIND, Written

CHANCE = "chance"


def print_words(console: Console, words: dict[str, dict[str, dict]], asking: str) -> None:
    """One table for each thing that finds and group."""
    for what, counted in ((CAPTIONS_FIND, "captions"), (SCANS_FIND, "scans")):
        for group, by_embedding in _by_group(words[what]).items():
            first = next(iter(by_embedding.values()))
            title = (
                f"{what.capitalize()}, queries: {asking}, {group}: {first.queries} {counted} of {first.people} people"
            )
            console.print(_recall_table(title, by_embedding, by_caption=what == SCANS_FIND))
    for kind, by_embedding in _by_group(words[WRITTEN_FIND]).items():
        first = next(iter(by_embedding.values()))
        title = f"{WRITTEN_FIND.capitalize()} of that {kind}: {first.recall.queries}"
        console.print(_written_table(title, by_embedding))
        console.print(_recall_table(title, {name: one.recall for name, one in by_embedding.items()}))


def _by_group(by_embedding: dict[str, dict]) -> dict[str, dict]:
    """group → embedding → measure; all embeddings have the same groups."""
    groups = next(iter(by_embedding.values()))
    return {group: {name: found[group] for name, found in by_embedding.items()} for group in groups}


def _recall_table(title: str, by_embedding: dict[str, Recall], by_caption: bool = False) -> Table:
    """by_caption: also with all scans of one caption counted as one."""
    first = next(iter(by_embedding.values()))
    table = Table(title=f"{title}, {first.gallery} to be found")
    table.add_column("embedding", no_wrap=True)
    for column in (*(f"recall@{k}" for k in first.recall), "median rank", "MRR"):
        table.add_column(column, justify="right")
    for name, one in by_embedding.items():
        ranks = (_estimate(one.median_rank, 0), _estimate(one.reciprocal_rank))
        table.add_row(name, *map(_estimate, one.recall.values()), *ranks)
        if by_caption:
            table.add_row(f"{name}, by caption", *(f"{value:.3f}" for value in one.by_answer.values()), "", "")
    chance = first.chance
    numbers = (f"{chance.median_rank:.0f}", f"{chance.reciprocal_rank:.3f}")
    table.add_row(CHANCE, *(f"{value:.3f}" for value in chance.recall.values()), *numbers)
    return table


def _written_table(title: str, by_embedding: dict[str, Written]) -> Table:
    first = next(iter(by_embedding.values()))
    table = Table(title=title)
    table.add_column("embedding", no_wrap=True)
    for k in first.precision:
        table.add_column(f"precision@{k}", justify="right")
    for name, one in by_embedding.items():
        table.add_row(name, *map(_interval, one.precision.values()))
    table.add_row("best possible", *(f"{value:.3f}" for value in first.best.values()))
    table.add_row(CHANCE, *[f"{first.chance:.3f}"] * len(first.precision))
    return table


def _interval(one: Interval) -> str:
    return _estimate(Estimate(one.mean, one.low, one.high))


def _estimate(one: Estimate, digits: int = 3) -> str:
    span = f" ({one.low:.{digits}f}–{one.high:.{digits}f})" if math.isfinite(one.low) else ""
    return f"{one.value:.{digits}f}{span}"
