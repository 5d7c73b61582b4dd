"""What retrieval was measured at, as tables for people and as JSON for programs."""

import math
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from mrifoundation_training.evaluation.retrieval_anatomy import Anatomy
from mrifoundation_training.evaluation.retrieval_measures import Precision
from mrifoundation_training.evaluation.retrieval_words_table import print_words


def print_summary(console: Console, found: dict[str, Any]) -> None:
    """One table for each kind of question, then what was skipped and why."""
    console.print(
        f"{found['model']}, profile {found['profile']}, {found['scans']} scans of {found['subjects']} subjects.",
        highlight=False,
    )
    if found["untold"]:
        console.print(
            f"Not asked about, since these data tell it of no scan: {', '.join(found['untold'])}. A manifest CSV has a column for each.",
            highlight=False,
        )
    for fact, by_embedding in found["images"].items():
        _print_precision(console, f"Image → scans of the same {fact}, queries: {found['asking']}", by_embedding)
    for source, by_embedding in found["anatomy"].items():
        _print_anatomy(
            console, f"Image → scans of {source} with like volumes, queries: {found['asking']}", by_embedding
        )
    for source, by_embedding in found["disease"].items():
        _print_precision(
            console, f"Image → scans of {source} with the same diagnosis, queries: {found['asking']}", by_embedding
        )
    for place, by_embedding in found["tumors"].items():
        _print_precision(console, f"Tumor region → tumor regions, {place}, queries: {found['asking']}", by_embedding)
    if found["reads_text"]:
        print_words(console, found["words"], found["asking"])
    else:
        console.print("Words: not measured, these weights were not trained on words.", highlight=False)
    for what, counts in found["labels"].items():
        if not counts["asked"]:
            continue
        share = counts["right"] / counts["guessed"] if counts["guessed"] else float("nan")
        console.print(
            f"Guessed {what}: right in {counts['right']} of {counts['guessed']} ({share:.1%}), {counts['asked']} asked.",
            highlight=False,
        )
    for fact, counts in found["mislabelled"].items():
        if not counts["scans"]:
            continue
        console.print(
            f"Wrong {fact} put in: {counts['found'] / max(1, counts['wrong']):.1%} found, {counts['mended'] / max(1, counts['wrong']):.1%} "
            f"with the right one named (n = {counts['wrong']}); right ones doubted: {counts['doubted']} of {counts['scans']}.",
            highlight=False,
        )
    for case, reason in found["skipped"].items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def as_json(found: dict[str, Any]) -> dict[str, Any]:
    """Plain JSON types; a number that does not exist is null."""
    return _plain(found)


def _print_precision(console: Console, title: str, by_embedding: dict[str, Precision]) -> None:
    if not any(one.queries for one in by_embedding.values()):
        return
    table = Table(title=title)
    table.add_column("embedding", no_wrap=True)
    for column in ("precision@5", "95 % interval", "by label", "best possible", "chance", "queries"):
        table.add_column(column, justify="right")
    for name, one in by_embedding.items():
        interval = f"{one.value.low:.3f} – {one.value.high:.3f}" if math.isfinite(one.value.low) else "–"
        numbers = (_number(one.macro), _number(one.best), _number(one.chance), str(one.queries))
        table.add_row(name, _number(one.value.mean), interval, *numbers)
    console.print(table)


def _print_anatomy(console: Console, title: str, by_embedding: dict[str, Anatomy]) -> None:
    table = Table(title=title)
    table.add_column("embedding", no_wrap=True)
    for column in ("rank correlation", "95 % interval", "nearest / all", "queries"):
        table.add_column(column, justify="right")
    for name, one in by_embedding.items():
        interval = (
            f"{one.correlation.low:.3f} – {one.correlation.high:.3f}" if math.isfinite(one.correlation.low) else "–"
        )
        table.add_row(name, _number(one.correlation.mean), interval, _number(one.nearest), str(one.queries))
    console.print(table)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
