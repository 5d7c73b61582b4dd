"""Making a contour an example of a named structure: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

from dataclasses import dataclass

from .Asking import IsCancelled, Progress, finish
from .Client import Client
from .Sentence import translatable as _
from .VoxelBox import VoxelBox


@dataclass(frozen=True)
class Lesson:
    """From now on `name` is what `mask` is on this scan. `profile`: the detail of a name that is new, None for one that was taught
    before, which keeps its own."""

    name: str
    mask: VoxelBox
    profile: str | None


def taught(client: Client) -> list[dict]:
    """The cards of the structures that were taught (Taught of docs/architecture.md)."""
    return client.json("GET", "/v1/structures", timeout=60.0)["structures"]


def teach(
    client: Client, volume: str, lesson: Lesson, progress: Progress, cancelled: IsCancelled
) -> tuple[dict, dict, list[dict]]:
    """The card of the structure now, what the backend can do now, and all cards."""
    progress("teach", -1.0, _("Sending the contour."))
    region = client.mark_region(volume, lesson.mask)
    wanted = {"name": lesson.name, "volume": volume, "region": region, "profile": lesson.profile, "improve": True}
    job = client.json("POST", "/v1/structures", json=wanted, timeout=60.0)["job"]
    card = finish(client, job, progress, cancelled)
    return card, client.info(), taught(client)
