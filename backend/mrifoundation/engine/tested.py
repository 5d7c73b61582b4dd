"""How the structures of an answer fared when the weights were tested on scans of people: the numbers for each, and what to beware of."""

from collections.abc import Container, Sequence
from dataclasses import asdict

from mrifoundation.engine.trust import Trust, trust_of
from mrifoundation.model import Card

POOR = 0.5  # mean Dice under which more of a structure is wrong than right
NAMED = 4  # structures that a note names before it counts the others


def with_tests(card: Card, table: Sequence[dict], learned: Container[str]) -> tuple[list[dict], list[str]]:
    """The rows, each with `tested` (dice, low, high, scans; None where it never was), and notes on what should not be relied on.

    learned: names that the weights themselves answer for; what was taught since, anew or in place of theirs, is its teacher's to judge:
    it has no figure, and no note speaks of it."""
    rows, own = [], []
    for row in table:
        is_own = all(name in learned for name in _names(row))
        found = _of_row(card, row) if is_own else None
        rows.append(row | {"tested": asdict(found) if found else None})
        own += rows[-1:] if is_own else []
    untested = [row["name"] for row in own if row["tested"] is None]
    poor = [f"{row['name']} (Dice {row['tested']['dice']:.2f})" for row in own if row["tested"] and _is_poor(row)]
    notes = [f"Never tested on a scan of a person: {_listed(untested)}."] if untested else []
    return rows, notes + ([f"Poor on the scans they were tested on: {_listed(poor)}."] if poor else [])


def _of_row(card: Card, row: dict) -> Trust | None:
    """Of its structure, or the least of its parts' where the whole was not tested."""
    if (whole := trust_of(card, row["name"])) is not None:
        return whole
    parts = [trust_of(card, name) for name in _names(row)]
    return min(parts, key=lambda one: one.dice) if all(parts) else None


def _names(row: dict) -> list[str]:
    return [part["name"] for part in row["parts"]] or [row["name"]]


def _is_poor(row: dict) -> bool:
    return row["tested"]["dice"] < POOR


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:NAMED])} and {more} more"
