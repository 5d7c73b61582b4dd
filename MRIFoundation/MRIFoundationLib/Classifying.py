"""Asking heads, or a sentence against another, about a scan: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .Asking import IsCancelled, Progress, finish
from .Client import Client


@dataclass(frozen=True)
class Person:
    """Who was scanned: age in years and sex "F" or "M", None where it is not told."""

    age: int | None = None
    sex: str | None = None

    @classmethod
    def of(cls, parameters) -> Person:
        """As the panels keep it: an age of 0 and an empty sex are not told."""
        return cls(parameters.age or None, parameters.sex or None)


@dataclass(frozen=True)
class Wish:
    """What is asked: `heads`, each a card of the backend; or, instead, `sentence` against `versus`."""

    heads: Sequence[dict]
    profile: str
    person: Person
    sentence: str = ""
    versus: str = ""


def classify(client: Client, ids: list[str], wish: Wish, progress: Progress, cancelled: IsCancelled) -> list[dict]:
    """The answers about the scan `ids[0]`, each with the `job` that gave it, the `sha256` of its head, and in words what kind of `scan`
    that is. A backend of before tells neither of the last two; the card as it was listed has the first. Where a head wants several series
    it gets `ids` in order; the others look at the first. Raises as `Asking.finish` does."""
    wanted = {"profile": wish.profile, "age": wish.person.age, "sex": wish.person.sex}
    if wish.sentence:
        wanted.update(sentence=wish.sentence, versus=wish.versus)
    else:
        wanted.update(heads=[head["name"] for head in wish.heads])
        wanted.update({"study": ids} if any(series(head) > 1 for head in wish.heads) else {})
    job = client.classify(ids[0], wanted)
    given = finish(client, job, progress, cancelled)
    digests = {head["name"]: head.get("sha256", "") for head in wish.heads}
    told = {"job": job, "scan": (given.get("scan") or {}).get("sentence", "")}
    return [{"sha256": digests.get(answer["head"], ""), **answer, **told} for answer in given["answers"]]


def series(head: dict) -> int:
    """How many series of one examination a head wants."""
    return len(head["inputs"]) if isinstance(head["inputs"], list) else 1


def needs_other_series(heads: list[dict]) -> list[str]:
    """The names of the series that the heads want besides the scan, for those that want several."""
    return list(
        dict.fromkeys(name for head in heads if isinstance(head["inputs"], list) for name in head["inputs"][1:])
    )
