"""All contours under correction: opened, marked, undone, redone, and found again after a restart.

Several processes (replicas of the service) may have one folder: whoever asks for a contour gets it as the disk has it now.
"""

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.engine.memory_cache import MemoryCache
from mrifoundation.engine.refinement import Mark, Refiner
from mrifoundation.engine.room import memory_limit
from mrifoundation.errors import InputError
from mrifoundation.tasks.refine.contour import About, Box, Contour, Step, union
from mrifoundation.tasks.refine.edit import EDIT, edit_step, holding_marks, was_edited
from mrifoundation.tasks.refine.journal import Journal, Sealed
from mrifoundation.tasks.refine.replay import replayed
from mrifoundation.tasks.refine.review import Review
from mrifoundation.tasks.refine.step_record import opening_record, step_record
from mrifoundation.volume import Scan

IN_MEMORY = 0.15  # of what may be kept there
_ID = re.compile(r"[0-9a-f]{16}")


class Contours:
    """The contours whose journals lie in `folder`, one file each. A step is on disk before it is answered. For one thread at a time."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._latest: int | None = None  # when the latest was opened
        self._memory: MemoryCache[Contour] = MemoryCache(memory_limit(IN_MEMORY))

    def open(
        self, scan: Scan, mask: np.ndarray | None = None, *, name: str = "", prompt: str = "", profile: str = "standard"
    ) -> Contour:
        """A new contour on `scan`. mask: bool on the scan's own grid to begin from; None begins from nothing. prompt: what it is in words.

        Raises InputError when the mask is not on the scan's grid or the disk takes nothing.
        """
        if mask is not None and mask.shape != scan.shape:
            raise InputError(
                f"The segment has the shape {mask.shape} and the scan {scan.shape}; give one on the scan's grid."
            )
        begun = np.zeros(scan.shape, dtype=bool) if mask is None else np.array(mask, dtype=bool)
        words = {"name": name or prompt or "segment", "profile": profile, "prompt": prompt}
        drawn, now = not begun.any(), self._next_moment()
        about = About(secrets.token_hex(8), scan.content_hash, scan.shape, **words, drawn=drawn, opened_ns=now)
        contour = Contour(about, begun, journal=self._journal(about.id))
        self._write(contour, *opening_record(contour))
        self._memory.put(about.id, contour)
        return contour

    def get(self, contour_id: str) -> Contour | None:
        """The contour with this id as it was left; None when there is none."""
        contour = self._memory.get(contour_id)
        if contour is not None and contour.journal.is_current:
            return contour
        self._memory.drop(contour_id)
        contour = self._found(contour_id) if _ID.fullmatch(contour_id) else None
        if contour is not None:
            self._memory.put(contour_id, contour)
        return contour

    def of_volume(self, volume: str) -> list[Contour]:
        """All contours on one scan, the oldest first."""
        found = [self.get(name) for name, about in self._openings() if about.get("volume") == volume]
        return sorted((contour for contour in found if contour is not None), key=lambda one: one.about.opened_ns)

    def _openings(self) -> Iterator[tuple[str, dict]]:
        """Id and first record of every contour."""
        for path in self._folder.glob("*.journal"):
            with suppress(FileNotFoundError):  # another process deletes it
                first = Journal(path).first()
                if first is not None and "open" in first[0]:
                    yield path.stem, first[0]["open"]

    def _next_moment(self) -> int:
        """Now, but later than any contour was opened, also where the clock was set back: contours are listed in this order."""
        if self._latest is None:
            self._latest = max((about.get("opened_ns", 0) for _, about in self._openings()), default=0)
        self._latest = max(time.time_ns(), self._latest + 1)
        return self._latest

    def forget(self, volume: str) -> None:
        """Drop from memory the contours on one scan; their journals are deleted by whoever deletes the scan."""
        for name in self._memory.keys():  # noqa: SIM118 (a cache is no mapping)
            held = self._memory.get(name)
            if held is not None and held.about.volume == volume:
                self._memory.drop(name)

    def mark(self, contour: Contour, engine: Engine, scan: Scan, marks: Sequence[Mark]) -> Box:
        """Correct `contour` by `marks` in their order, each a step of its own; gives the box that holds every change.

        Raises InputError for a mark that cannot be used; the marks before it are then done, and it and those after it are not.
        """
        encoding = engine.encode(scan, contour.about.profile)
        if contour.about.prompt and contour.words is None:
            contour.words = engine.words(encoding, contour.about.prompt)
        refiner = Refiner(encoding, scan, contour.words)
        boxes = []
        for mark in marks:
            drawn = contour.about.drawn and not was_edited(contour)
            change, placed = refiner.change(contour.mask, holding_marks(contour, encoding.axes), mark, drawn)
            step = contour.step(mark, placed, change)
            self.take(contour, step)
            boxes.append(step.box)
        return union(boxes)

    def edit(self, contour: Contour, mask: np.ndarray, kind: str = EDIT) -> Box:
        """Make `mask` (bool [i, j, k] on the scan's own grid) of the contour, as one step; gives the box that changed, empty when
        nothing did: then there is no step either. kind: EDIT, which later marks keep, or OPERATION, which they need not."""
        step = edit_step(contour, mask, kind)
        if step is None:
            return (slice(0, 0),) * 3
        self.take(contour, step)
        return step.box

    def review(self, contour: Contour, accept: bool, by: str = "") -> Review:
        """Keep that a person accepts or rejects the contour as it is now. by: who; "" when that is not to be kept."""
        review = Review.now(accept, by, contour.position, contour.mask)
        self._write(contour, {"review": asdict(review)}, b"")
        contour.reviews.append(review)
        return review

    def take(self, contour: Contour, step: Step) -> None:
        """Do one step. Raises InputError when the disk does not take it; the contour is then as before."""
        self._write(contour, *step_record(step, contour.position))
        contour.take(step)

    def undo(self, contour: Contour) -> Box:
        """Take the last mark back. Raises InputError when there is none."""
        return self._go(contour, contour.position - 1, "There is nothing to undo; the contour is as it began.")

    def redo(self, contour: Contour) -> Box:
        """Do again what was undone. Raises InputError when nothing was."""
        return self._go(contour, contour.position + 1, "There is nothing to redo; no later mark was undone.")

    def remove(self, contour: Contour) -> None:
        """Delete the contour and its journal."""
        contour.journal.delete()
        self._memory.drop(contour.about.id)

    def _go(self, contour: Contour, position: int, otherwise: str) -> Box:
        if not 0 <= position <= len(contour.steps):
            raise InputError(otherwise)
        self._write(contour, {"to": position}, b"")
        return contour.go(position)

    def _write(self, contour: Contour, record: dict, content: bytes) -> None:
        try:
            contour.journal.append(record, content)
        except Sealed:
            self._memory.drop(contour.about.id)
            raise
        except OSError as error:
            raise InputError(
                f"The edit could not be kept on disk ({error.strerror}) and was not done; make room or set MRIFOUNDATION_CACHE."
            ) from error

    def _found(self, contour_id: str) -> Contour | None:
        try:
            return replayed(self._journal(contour_id))
        except FileNotFoundError:
            return None

    def _journal(self, contour_id: str) -> Journal:
        return Journal(self._folder / f"{contour_id}.journal")
