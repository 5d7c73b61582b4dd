"""Asking the backend for structures, from the held scan to the label map: the work of the worker thread, without
Qt or MRML."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import Failures
from .Asking import IsCancelled, Progress, finish
from .Client import Client
from .Failures import Unreachable
from .Sentence import translatable as _
from .VoxelBox import VoxelBox


@dataclass(frozen=True)
class Question:
    """What is asked; `free_text` tries words that the vocabulary does not know. `organs`: a set of organs at risk; `tidy`:
    post-processing as the service takes it."""

    prompts: list[str]
    structure_set: str | None = None
    profile: str = "standard"
    free_text: bool = False
    organs: str | None = None
    tidy: dict | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: one row a structure, the label map and the values that occur in it. `by_hand`: organs of the asked set that
    the backend does not know. `notes`: what not to rely on."""

    rows: list[dict]
    understood: list[str]
    labels: VoxelBox
    present: frozenset[int]
    suggestions: dict[str, list[str]] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ask(client: Client, volume: str, question: Question, progress: Progress, cancelled: IsCancelled) -> Answer:
    """Start the job on a held scan, follow it, fetch table and label map. Raises as `Asking.finish` does."""
    progress("ask", -1.0, _("Asking for the structures."))
    more = {name: value for name, value in (("organs", question.organs), ("tidy", question.tidy)) if value}
    job = client.segment(volume, question.prompts, question.structure_set, question.profile, question.free_text, **more)
    result = finish(client, job, progress, cancelled)
    try:
        labels = client.labels(job).for_mrml()
    except Unreachable as error:
        raise Failures.stopped(client.url) from error
    present, by_hand = present_in(labels.voxels), result.get("by_hand", [])
    notes = result.get("notes", [])
    return Answer(result["structures"], result["understood"], labels, present, result["suggestions"], by_hand, notes)


def present_in(voxels: np.ndarray) -> frozenset[int]:
    """The values that occur in a label array, plane by plane so that no step holds the interpreter for long."""
    planes = voxels.transpose(2, 1, 0)
    return frozenset(int(value) for plane in planes for value in np.flatnonzero(np.bincount(plane.ravel())))
