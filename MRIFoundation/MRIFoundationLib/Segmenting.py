"""Asking the backend for structures, from scan to label map: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from . import Failures
from .Client import Client, LabelBox
from .Failures import BackendError, Cancelled, NotHeld, Unreachable

POLL_SECONDS = 0.5

Progress = Callable[[str, float, str], None]
"""Called with the stage, how far the whole work is (0 to 1, below 0 when unknown), and a sentence."""


@dataclass(frozen=True)
class Question:
    """What is asked. `volume` is the backend's id of the scan when it was sent before; else `voxels` [k, j, i]
    go out first."""

    name: str
    affine: np.ndarray
    prompts: list[str]
    structure_set: str | None = None
    profile: str = "standard"
    free_text: bool = False
    volume: str | None = None
    voxels: np.ndarray | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: the backend's id of the scan, one row a structure, the label map and the values that
    occur in it."""

    volume: str
    rows: list[dict]
    understood: list[str]
    labels: LabelBox
    present: frozenset[int]
    suggestions: dict[str, list[str]] = field(default_factory=dict)


def ask(client: Client, question: Question, progress: Progress, cancelled: Callable[[], bool]) -> Answer:
    """Send the scan when needed, start the job, follow it, fetch the result.

    Raises NotHeld when the backend has lost the scan or the job (ask again with voxels), Stopped when it died under the
    job, BackendError for its other refusals, Cancelled after telling the backend so.
    """
    volume = question.volume or _send(client, question, progress, cancelled)
    progress("ask", -1.0, "Asking for the structures.")
    job = client.segment(volume, question.prompts, question.structure_set, question.profile, question.free_text)
    try:
        _follow(client, job, progress, cancelled)
        progress("fetch", -1.0, "Fetching the result.")
        result = client.result(job)
        labels = _for_mrml(client.labels(job))
    except Unreachable as error:
        raise Failures.stopped(client.url) from error
    return Answer(
        volume, result["structures"], result["understood"], labels, present_in(labels.voxels), result["suggestions"]
    )


def present_in(voxels: np.ndarray) -> frozenset[int]:
    """The values that occur in a label array, plane by plane so that no step holds the interpreter for long."""
    planes = voxels.transpose(2, 1, 0)
    return frozenset(int(value) for plane in planes for value in np.flatnonzero(np.bincount(plane.ravel())))


def _for_mrml(labels: LabelBox) -> LabelBox:
    """The same box laid out in memory as MRML wants it, i fastest, so that the main thread need not do it."""
    return replace(labels, voxels=np.ascontiguousarray(labels.voxels.transpose(2, 1, 0)).transpose(2, 1, 0))


def _send(client: Client, question: Question, progress: Progress, cancelled: Callable[[], bool]) -> str:
    if question.voxels is None:
        raise NotHeld("The backend does not hold the scan any more: press Segment again.")
    progress("upload", 0.0, "Sending the scan.")

    def sent(fraction: float) -> None:
        progress("upload", fraction, "Sending the scan." if fraction < 1 else "The backend reads the scan.")

    return client.upload(question.voxels.transpose(2, 1, 0), question.affine, question.name, sent, cancelled)


def _follow(client: Client, job: str, progress: Progress, cancelled: Callable[[], bool]) -> None:
    seen = None
    while True:
        if cancelled():
            client.cancel(job)
            raise Cancelled
        state = client.job(job, wait=POLL_SECONDS)
        if state["state"] == "done":
            return
        if state["state"] == "cancelled":
            raise BackendError("The backend cancelled the job: press Segment to ask again.")
        if state["state"] == "failed":
            raise BackendError(state["error"] or "The backend failed on this job: its log says why.")
        if state != seen:
            progress(state["stage"] or state["state"], state["fraction"], state["message"])
            seen = state
