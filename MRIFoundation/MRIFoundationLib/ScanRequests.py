"""Requests about scans of the scene, one at a time: each scan goes to the backend once, as long as it stays the same.

No widgets; all of MRML in the main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import Scene
from .Asking import IsCancelled, Progress, Scan, send
from .Client import Client
from .Connection import Connection
from .Failures import BackendError, NotHeld, Stopped, Unreachable
from .Sentence import translated
from .Task import Task, TaskRunner

Work = Callable[[Client, list[str], Progress, IsCancelled], Any]
"""The request proper, in its thread: it gets the backend's ids of the scans."""


@dataclass(frozen=True)
class Listener:
    """Who is told, in the main thread, how a request ends; `done` gets what the work gave."""

    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    cancelled: Callable[[], None]


@dataclass(frozen=True)
class _Request:
    volumes: tuple[str, ...]  # node ids
    keys: tuple[Scene.VolumeKey, ...]
    work: Work
    listener: Listener
    is_second_try: bool = False


class ScanRequests:
    """Sends scans when needed, again by itself when the backend has lost one, and lets no answer reach a scan that
    changed meanwhile. A new request takes the place of a running one."""

    def __init__(self, connection: Connection, worker: TaskRunner):
        self._connection, self._worker = connection, worker
        self._sent: dict[tuple[str, Scene.VolumeKey], str] = {}
        self._task: Task | None = None
        self._watchers: list[Callable[[float, str], None]] = []

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.finished

    def watch(self, watcher: Callable[[float, str], None]) -> None:
        """Call `watcher(fraction, message)` as the work goes on (a fraction below 0 is not known), and at its end."""
        self._watchers.append(watcher)

    def beside(self) -> ScanRequests:
        """Requests of their own for work that goes on beside these."""
        return ScanRequests(self._connection, self._worker)

    def start(self, volumes: Sequence, work: Work, listener: Listener) -> None:
        """Do `work` about these volume nodes (none for words alone). BackendError when it cannot begin."""
        keys = tuple(Scene.volume_key(volume) for volume in volumes)
        self.cancel()
        self._run(_Request(tuple(volume.GetID() for volume in volumes), keys, work, listener))

    def cancel(self) -> None:
        """Give up the running request; nothing of it reaches the scene."""
        if self._task:
            self._task.cancel()

    def _run(self, request: _Request) -> None:
        client = self._connection.client()
        scans = [self._scan(client.url, *pair) for pair in zip(request.volumes, request.keys)]

        def work(task: Task):
            ids = [send(client, scan, task.progress, task.cancelled) for scan in scans]
            return ids, request.work(client, ids, task.progress, task.cancelled)

        self._task = Task(
            work,
            lambda outcome: self._done(request, client.url, *outcome),
            lambda error: self._failed(request, client.url, error),
            lambda _stage, fraction, message: self._tell(fraction, translated(message)),
            lambda: self._end(request.listener.cancelled),
        )
        self._worker.start(self._task)
        self._tell(-1.0, "")

    def _scan(self, url: str, identifier: str, key: Scene.VolumeKey) -> Scan:
        volume, held = slicer.mrmlScene.GetNodeByID(identifier), self._sent.get((url, key))
        voxels = None if held else Scene.voxels_of(volume)
        return Scan(volume.GetName(), Scene.world_affine(volume), held, voxels)

    def _done(self, request: _Request, url: str, ids: list[str], answer: Any) -> None:
        self._sent.update({(url, key): held for key, held in zip(request.keys, ids)})
        if not all(map(_is_the_same, request.volumes, request.keys)):
            words = _("The scan was changed or removed meanwhile: ask again.")
            self._end(request.listener.failed, BackendError(words))
        else:
            self._end(request.listener.done, answer)

    def _failed(self, request: _Request, url: str, error: Exception) -> None:
        lost = isinstance(error, NotHeld) and any((url, key) in self._sent for key in request.keys)
        if lost and not request.is_second_try and all(map(_is_the_same, request.volumes, request.keys)):
            for key in request.keys:
                self._sent.pop((url, key), None)
            self._run(replace(request, is_second_try=True))
            return
        if isinstance(error, (Stopped, Unreachable)):
            self._connection.forget("failed", translated(error))
        self._end(request.listener.failed, error)

    def _end(self, callback: Callable, *arguments: Any) -> None:
        try:
            callback(*arguments)
        finally:
            self._tell(-1.0, "")

    def _tell(self, fraction: float, message: str) -> None:
        for watcher in self._watchers:
            watcher(fraction, message)


def _is_the_same(identifier: str, key: Scene.VolumeKey) -> bool:
    volume = slicer.mrmlScene.GetNodeByID(identifier)
    try:
        return volume is not None and Scene.volume_key(volume) == key
    except BackendError:  # its image or its linear transform is gone
        return False
