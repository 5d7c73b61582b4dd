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
    that is. A backend of before tells neither of the last two; the card as it was listed has the first. A head that wants several series
    gets `ids` in order; the others get the first. Raises as `Asking.finish` does."""
    shared = {"profile": wish.profile, "age": wish.person.age, "sex": wish.person.sex}
    if wish.sentence:
        asked = [{**shared, "sentence": wish.sentence, "versus": wish.versus}]
    else:
        groups = ([head["name"] for head in wish.heads if (series(head) > 1) == several] for several in (False, True))
        single, joint = groups
        asked = [{**shared, "heads": single}] if single else []
        asked += [{**shared, "heads": joint, "study": ids}] if joint else []
    digests = {head["name"]: head.get("sha256", "") for head in wish.heads}
    answers = []
    for wanted in asked:
        job = client.classify(ids[0], wanted)
        given = finish(client, job, progress, cancelled)
        kind = (given.get("scan") or {}).get("sentence", "")
        told = {"job": job, "scan": kind}
        answers += [{"sha256": digests.get(answer["head"], ""), **answer, **told} for answer in given["answers"]]
    return answers


def series(head: dict) -> int:
    """How many series of one examination a head wants."""
    return len(head["inputs"]) if isinstance(head["inputs"], list) else 1


def needs_other_series(heads: list[dict]) -> list[str]:
    """The names of the series that the heads want besides the scan, for those that want several."""
    return list(
        dict.fromkeys(name for head in heads if isinstance(head["inputs"], list) for name in head["inputs"][1:])
    )
