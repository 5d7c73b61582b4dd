"""People who are set aside to measure on, of data whose layout has no split of its own."""

from collections.abc import Collection
from dataclasses import replace
from zlib import crc32

from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case


def in_no_order(subject: str) -> int:
    """Sorts people in an order that no diagnosis and no scanner shares, the same wherever it is asked."""
    return crc32(subject.encode())


def set_aside(cases: list[Case], among: list[Case], count: int) -> list[Case]:
    """The cases, with what there is to train of `count` people of each source of `among` as split dev; whoever is set aside is so in
    every source.

    Raises InputError when that would leave a source without people."""
    people: dict[str, set[str]] = {}
    for case in among:
        if case.image and case.labels:
            people.setdefault(case.source, set()).add(case.subject)
    chosen = set().union(*(_first(source, own, count) for source, own in people.items()))
    return [replace(c, split="dev") if c.subject in chosen and c.split == "train" else c for c in cases]


def _first(source: str, people: Collection[str], count: int) -> list[str]:
    if count >= len(people):
        raise InputError(
            f"The source {source} has labelled scans of {len(people)} people, so {count} cannot be set aside; choose a smaller "
            "development_people, or leave it out."
        )
    return sorted(people, key=lambda subject: (in_no_order(subject), subject))[:count]
