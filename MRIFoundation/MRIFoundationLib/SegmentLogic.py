"""From a volume of the scene through the backend to segments: no widgets, all of MRML in the main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import slicer
from slicer.i18n import tr as _

from . import Segmentation
from .Connection import Connection
from .ScanRequests import Listener, ScanRequests
from .Segmenting import Answer, Question, ask


def told_of_place(before, after) -> list[str]:
    """What is to be said where the segments went to another segmentation than the one that was chosen."""
    if before is None or before.GetID() == after.GetID():
        return []
    words = _("The segments of {before} stay as they are: those of this scan are in {after}.")
    return [words.format(before=before.GetName(), after=after.GetName())]


class SegmentLogic:
    """Asks for structures of a scan and puts them into the scene."""

    def __init__(self, connection: Connection, requests: ScanRequests):
        self._connection, self._requests = connection, requests

    def start(
        self, volume, segmentation, question: Question, listener: Listener, done: Callable[[object, Answer], None]
    ) -> None:
        """Ask for structures of `volume`; the segments go to `segmentation`, a new one when it is None or holds those of another volume.

        `done` gets the segmentation node and the answer. BackendError when it cannot begin.
        """
        volume_id, segmentation_id = volume.GetID(), segmentation.GetID() if segmentation else ""

        def put(answer: Answer) -> None:
            done(self._put(volume_id, segmentation_id, answer), answer)

        self._requests.start(
            [volume],
            lambda client, ids, progress, cancelled: ask(client, ids[0], question, progress, cancelled),
            replace(listener, done=put),
        )

    def _put(self, volume_id: str, segmentation_id: str, answer: Answer):
        volume = slicer.mrmlScene.GetNodeByID(volume_id)
        segmentation = slicer.mrmlScene.GetNodeByID(segmentation_id) if segmentation_id else None
        if segmentation is None or Segmentation.is_of_another(segmentation, volume):
            segmentation = Segmentation.create(slicer.mrmlScene, volume)
        structures = {structure["name"]: structure for structure in self._connection.info.get("structures", [])}
        Segmentation.put(segmentation, volume, answer, structures)
        return segmentation
