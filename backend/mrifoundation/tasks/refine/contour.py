"""A contour under correction: its voxels, the marks made on it, and every step back."""

from dataclasses import dataclass, field

import numpy as np

from mrifoundation.engine.refinement import Change, Mark
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.engine.refinement.words import Words
from mrifoundation.tasks.refine.journal import Journal
from mrifoundation.tasks.refine.review import Review
from mrifoundation.volume.box import Box, bounding_box


@dataclass(frozen=True)
class About:
    """id of the contour; volume: id of its scan; shape: of the scan [i, j, k]; profile: of the encoding; prompt: what it was asked for in
    words, "" for none; drawn: it began from nothing; opened_ns: when, in nanoseconds since 1970."""

    id: str
    volume: str
    shape: tuple[int, int, int]
    name: str
    profile: str
    prompt: str
    drawn: bool
    opened_ns: int


@dataclass(frozen=True, eq=False)
class Step:
    """One mark and what it changed: before, after: bool in `box` of the scan's own grid."""

    mark: Mark
    placed: Placed
    box: Box
    before: np.ndarray
    after: np.ndarray


@dataclass(eq=False)
class Contour:
    """mask: bool [i, j, k] on the scan's own grid, as it is after `position` of the `steps`; the others can be redone.

    words: what the network answers to its prompt, kept so that it is computed once; None where there is nothing (yet).
    reviews: what was decided about it, the latest last. journal: where it is kept; None where it is not.
    """

    about: About
    mask: np.ndarray
    steps: list[Step] = field(default_factory=list)
    position: int = 0
    words: Words | None = None
    reviews: list[Review] = field(default_factory=list)
    journal: Journal | None = None

    @property
    def is_complete(self) -> bool:
        """False where its journal has more than could be read: then it can be looked at, and no step be added."""
        return self.journal is None or self.journal.is_whole

    @property
    def nbytes(self) -> int:
        words = self.words.nbytes if self.words else 0
        return self.mask.nbytes + words + sum(step.before.nbytes + step.after.nbytes for step in self.steps)

    @property
    def placed(self) -> list[Placed]:
        """The marks that hold now."""
        return [step.placed for step in self.steps[: self.position]]

    def step(self, mark: Mark, placed: Placed, change: Change) -> Step:
        """What `change` is on this contour; nothing is done yet."""
        return Step(mark, placed, change.box, self.mask[change.box].copy(), change.after)

    def take(self, step: Step) -> None:
        """Do `step`; what had been undone is forgotten."""
        self.steps[self.position :] = [step]
        self.go(self.position + 1)

    def go(self, position: int) -> Box:
        """Undo or redo to `position`; gives the box of the scan's own grid that holds every change. IndexError where there is no such."""
        if not 0 <= position <= len(self.steps):
            raise IndexError(position)
        boxes = []
        while self.position > position:
            self.position -= 1
            step = self.steps[self.position]
            self.mask[step.box] = step.before
            boxes.append(step.box)
        while self.position < position:
            step = self.steps[self.position]
            self.mask[step.box] = step.after
            self.position += 1
            boxes.append(step.box)
        return union(boxes)

    def whole_box(self) -> Box:
        """The smallest box that holds the contour; empty where it has no voxel."""
        return bounding_box(self.mask) or (slice(0, 0),) * 3


def union(boxes: list[Box]) -> Box:
    """The smallest box that holds all of `boxes`; empty ones count for nothing."""
    boxes = [box for box in boxes if box[0].stop > box[0].start]
    if not boxes:
        return (slice(0, 0),) * 3
    return tuple(slice(min(b[a].start for b in boxes), max(b[a].stop for b in boxes)) for a in range(3))
