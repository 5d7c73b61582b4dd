"""Teaching a head from labelled cases of the library: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from .Asking import IsCancelled, Progress, finish
from .Client import Client

_LONGEST_NAME = 64
_PATIENCE = 60.0  # seconds, for what the backend may have to load or read first


@dataclass(frozen=True)
class HeadLesson:
    """`name` is what the column `column` of a collection tells, or, instead, what `labels` do: id of a case → its label."""

    name: str
    profile: str
    collection: str = ""
    column: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def columns(client: Client, collection: str) -> list[dict]:
    """What a head can be taught from: column, classes (people by label), and problem, why it cannot."""
    path = f"/v1/library/collections/{quote(collection, safe='')}/columns"
    return client.json("GET", path, timeout=_PATIENCE)["columns"]


def teach(client: Client, lesson: HeadLesson, progress: Progress, cancelled: IsCancelled) -> tuple[dict, list[dict]]:
    """The card of the new head, and the cards of all. Raises as `Asking.finish` does."""
    marked = {"cases": dict(lesson.labels)}
    source = marked if lesson.labels else {"collection": lesson.collection, "column": lesson.column}
    wanted = {"name": short_name(lesson.name), "profile": lesson.profile, **source}
    job = client.json("POST", "/v1/heads", json=wanted, timeout=_PATIENCE)["job"]
    card = finish(client, job, progress, cancelled)
    return card, client.heads()


def short_name(words: str) -> str:
    """The name of a head as the backend takes it, "torn-meniscus" for "Torn meniscus"; what it cannot take is left to its refusal."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    short = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return short[:_LONGEST_NAME].rstrip("-") or words
