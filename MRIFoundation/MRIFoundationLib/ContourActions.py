"""Steps on contours, one after the other: a click made while another is worked on waits its turn. No widgets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

from .Connection import Connection
from .ContourCalls import ContourLost, Corrected
from .Contouring import Action, perform
from .ContourSegments import ContourSegments
from .Failures import BackendError
from .ScanRequests import Listener, ScanRequests


@dataclass(frozen=True)
class Wish:
    """An action on a segment, and who is told in the main thread: `done(corrected)` or `failed()`."""

    volume: object
    segmentation: object
    segment: str
    profile: str
    action: Action
    done: Callable[[Corrected], None]
    failed: Callable[[], None]
    is_second_try: bool = False

    def is_there(self) -> bool:
        """Whether the scene still has what it is about."""
        nodes = slicer.mrmlScene.IsNodePresent(self.volume) and slicer.mrmlScene.IsNodePresent(self.segmentation)
        return bool(nodes) and self.segmentation.GetSegmentation().GetSegment(self.segment) is not None


class ContourActions:
    """Takes wishes; `failed(error)` and `cancelled()` are told as well. After a failure what waited is given up: it was meant
    for a contour that did not come."""

    def __init__(
        self,
        connection: Connection,
        requests: ScanRequests,
        segments: ContourSegments,
        failed: Callable[[Exception], None],
        cancelled: Callable[[], None],
    ):
        self._connection, self._requests, self._segments = connection, requests, segments
        self._failed, self._cancelled = failed, cancelled
        self._waiting: deque[Wish] = deque()
        self._running: Wish | None = None

    @property
    def busy(self) -> bool:
        return self._running is not None

    def add(self, wish: Wish) -> None:
        """Do this when what came before is done."""
        self._waiting.append(wish)
        self._next()

    def clear(self) -> None:
        """Give up all of it: the scene is closed."""
        self._running = None
        self._waiting.clear()

    def _next(self) -> None:
        if self._running or not self._waiting:
            return
        wish = self._waiting.popleft()
        if not wish.is_there():
            self._end(wish, BackendError(_("The segment or its scan was removed meanwhile.")))
            return
        known = {one["name"] for one in self._connection.info.get("structures", []) if one.get("known", True)}
        try:
            shown = self._segments.shown(wish.segmentation, wish.segment, wish.volume, wish.profile, known)
            self._segments.forget(wish.segmentation, wish.segment)  # until the answer is here, the two may differ
            self._running = wish
            self._requests.start(
                [wish.volume],
                lambda client, ids, progress, cancelled: perform(
                    client, ids[0], shown, wish.action, progress, cancelled
                ),
                Listener(
                    self._listening(wish, self._done),
                    self._listening(wish, self._refused),
                    self._listening(wish, self._given_up),
                ),
            )
        except BackendError as error:
            self._end(wish, error)

    def _listening(self, wish: Wish, callback: Callable) -> Callable:
        """`callback(wish, …)`, unless everything was given up meanwhile."""
        return lambda *answer: callback(wish, *answer) if self._running is wish else None

    def _done(self, wish: Wish, corrected: Corrected) -> None:
        self._running = None
        if wish.is_there():
            self._segments.apply(wish.segmentation, wish.segment, corrected.box, corrected.state)
            wish.done(corrected)
        self._next()

    def _refused(self, wish: Wish, error: Exception) -> None:
        self._running = None
        if isinstance(error, ContourLost) and not wish.is_second_try and wish.is_there():
            self._segments.drop(wish.segmentation, wish.segment)
            again = {name: getattr(wish, name) for name in wish.__dataclass_fields__} | {"is_second_try": True}
            self._waiting.appendleft(Wish(**again))
            self._next()
        else:
            self._end(wish, error)

    def _given_up(self, wish: Wish) -> None:
        self._end(wish, None)

    def _end(self, wish: Wish, error: Exception | None) -> None:
        self._running = None
        given_up, self._waiting = [wish, *self._waiting], deque()
        for one in given_up:
            one.failed()
        if error is None:
            self._cancelled()
        else:
            self._failed(error)
