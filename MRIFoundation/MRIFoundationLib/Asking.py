"""Sending a scan and following a job: what every request does in its worker thread. No Qt, no MRML."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import Failures
from .Client import Client
from .Failures import BackendError, Cancelled, NotHeld, Silent, Unreachable
from .Sentence import translatable as _

POLL_SECONDS = 0.5
SILENCE_SECONDS = 180.0
"""So long a busy computer may keep a running job from telling how far it is."""

Progress = Callable[[str, float, str], None]
"""Called with the stage, how far the whole work is (0 to 1, below 0 when unknown), and a sentence."""

IsCancelled = Callable[[], bool]


@dataclass(frozen=True)
class Scan:
    """A scan that is asked about. `volume` is the backend's id of it when it was sent before; else `voxels`
    [k, j, i] go out first. `affine`: index (i, j, k) → RAS mm."""

    name: str
    affine: np.ndarray
    volume: str | None = None
    voxels: np.ndarray | None = None


def send(client: Client, scan: Scan, progress: Progress, cancelled: IsCancelled) -> str:
    """The backend's id of the scan, which goes out when that is not known yet; NotHeld without id and voxels."""
    if scan.volume:
        return scan.volume
    if scan.voxels is None:
        raise NotHeld(_("The backend does not hold the scan any more: ask again."))
    progress("upload", 0.0, _("Sending the scan."))

    def sent(fraction: float) -> None:
        progress("upload", fraction, _("Sending the scan.") if fraction < 1 else _("The backend reads the scan."))

    return client.upload(scan.voxels.transpose(2, 1, 0), scan.affine, scan.name, sent, cancelled)


def finish(client: Client, job: str, progress: Progress, cancelled: IsCancelled) -> dict:
    """Follow a job to its end and give its result.

    Raises NotHeld when the backend has lost the job, Stopped when it died under it, BackendError with the job's own
    error, Cancelled after telling the backend so.
    """
    try:
        _follow(client, job, progress, cancelled)
        progress("fetch", -1.0, _("Fetching the result."))
        return client.result(job)
    except Unreachable as error:
        raise Failures.stopped(client.url) from error


def _follow(client: Client, job: str, progress: Progress, cancelled: IsCancelled) -> None:
    seen, heard = None, time.monotonic()
    while True:
        if cancelled():
            client.cancel(job)
            raise Cancelled
        try:
            state = client.job(job, wait=POLL_SECONDS)
        except Silent:
            if time.monotonic() - heard > SILENCE_SECONDS:
                raise
            progress("wait", -1.0, _("The backend is slow to answer."))
            continue
        heard = time.monotonic()
        if state["state"] == "done":
            return
        if state["state"] == "cancelled":
            raise BackendError(_("The backend cancelled the job: ask again."))
        if state["state"] == "failed":
            raise BackendError(state["error"] or _("The backend failed on this job: its log says why."))
        if state != seen:
            progress(state["stage"] or state["state"], state["fraction"], state["message"])
            seen = state
