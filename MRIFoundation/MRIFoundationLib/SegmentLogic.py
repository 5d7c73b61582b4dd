"""From a volume of the scene through the backend to segments: no widgets, all of MRML in the main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import slicer
from slicer.i18n import tr as _

from . import Scene, Segmentation
from .Connection import Connection
from .Failures import BackendError, NotHeld, Stopped, Unreachable
from .Segmenting import Answer, Question, ask
from .Worker import Task, Worker


@dataclass(frozen=True)
class Wanted:
    """What a person asks for; `free_text` tries words that the vocabulary does not know."""

    prompts: list[str]
    structure_set: str = ""
    profile: str = "standard"
    free_text: bool = False


@dataclass(frozen=True)
class Listener:
    """Who is told, in the main thread, how a request goes; `done` gets the segmentation node and the answer."""

    progress: Callable[[str, float, str], None]
    done: Callable[[object, Answer], None]
    failed: Callable[[Exception], None]
    cancelled: Callable[[], None]


@dataclass(frozen=True)
class _Request:
    volume: str
    key: Scene.VolumeKey
    segmentation: str
    question: Question
    listener: Listener
    is_second_try: bool = False


class SegmentLogic:
    """Sends a scan once, as long as it stays the same, and again by itself when the backend has lost it."""

    def __init__(self, connection: Connection, worker: Worker):
        self._connection, self._worker = connection, worker
        self._sent: dict[tuple[str, Scene.VolumeKey], str] = {}
        self._task: Task | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.finished

    def start(self, volume, segmentation, wanted: Wanted, listener: Listener) -> None:
        """Ask for structures of `volume`; the segments go to `segmentation`, a new one when None. BackendError
        when it cannot begin."""
        if self.busy:
            raise BackendError(_("A request is already running: wait for it or cancel it."))
        key, affine = Scene.volume_key(volume), Scene.world_affine(volume)
        structure_set = wanted.structure_set or None
        question = Question(volume.GetName(), affine, wanted.prompts, structure_set, wanted.profile, wanted.free_text)
        self._run(_Request(volume.GetID(), key, segmentation.GetID() if segmentation else "", question, listener))

    def cancel(self) -> None:
        """Give up the running request; nothing of it reaches the scene."""
        if self._task:
            self._task.cancel()

    def _run(self, request: _Request) -> None:
        client = self._connection.client()
        held = self._sent.get((client.url, request.key))
        voxels = None if held else Scene.voxels_of(slicer.mrmlScene.GetNodeByID(request.volume))
        question = replace(request.question, volume=held, voxels=voxels)
        listener = request.listener
        self._task = Task(
            lambda task: ask(client, question, task.progress, task.cancelled),
            lambda answer: self._done(request, client.url, answer),
            lambda error: self._failed(request, client.url, error),
            listener.progress,
            listener.cancelled,
        )
        self._worker.start(self._task)

    def _done(self, request: _Request, url: str, answer: Answer) -> None:
        self._sent[url, request.key] = answer.volume
        volume = slicer.mrmlScene.GetNodeByID(request.volume)
        if volume is None or Scene.volume_key(volume) != request.key:
            request.listener.failed(BackendError(_("The scan was changed or removed meanwhile: press Segment again.")))
            return
        segmentation = slicer.mrmlScene.GetNodeByID(request.segmentation) if request.segmentation else None
        segmentation = segmentation or Segmentation.create(slicer.mrmlScene, volume)
        structures = {structure["name"]: structure for structure in self._connection.info.get("structures", [])}
        Segmentation.put(segmentation, volume, answer, structures)
        request.listener.done(segmentation, answer)

    def _failed(self, request: _Request, url: str, error: Exception) -> None:
        if isinstance(error, NotHeld) and not request.is_second_try and slicer.mrmlScene.GetNodeByID(request.volume):
            self._sent.pop((url, request.key), None)
            self._run(replace(request, is_second_try=True))
            return
        if isinstance(error, (Stopped, Unreachable)):
            self._connection.forget("failed", str(error))
        request.listener.failed(error)
