"""One mark more: what a contour becomes, and where it changed."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.refinement.correcting import correct
from mrifoundation.engine.refinement.drawing import draw, draw_in_box
from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.marks import Mark, marked_voxels
from mrifoundation.engine.refinement.placing import Placed, canonical_voxels, reach_of
from mrifoundation.engine.refinement.reader import Readers, shipped
from mrifoundation.engine.refinement.window import Window
from mrifoundation.engine.refinement.words import Words, seen_closest
from mrifoundation.volume import Scan
from mrifoundation.volume.box import Box, bounding_box

RESCALED = 0.35  # a mark that reaches this share of a drawn structure's radius says that its scale was wrong
POINT_REACH = 2.0  # mm, of a click that has no contour near
NEAR_MM = 25.0  # a positive mark further off may mean a piece of its own
APART = 0.7  # and does when that piece is smaller than this share of the way to the contour


@dataclass(frozen=True, eq=False)
class Change:
    """box: the scan's own voxels [i, j, k] that a mark may have changed; after: bool, their labels now."""

    box: Box
    after: np.ndarray


class Refiner:
    """Refines contours on one encoded scan.

    scan: the one that was encoded; its own resolution decides where the contour lies. words: what was asked, near which the query stays;
    None where nothing was asked. readers: those that are shipped when None.
    """

    def __init__(self, encoding: Encoding, scan: Scan, words: Words | None = None, readers: Readers | None = None):
        self._read = readers or shipped()
        self._encoding, self._scan, self._words = encoding, scan, words
        self._axes = encoding.axes
        self._image = self._axes.apply(scan.voxels)
        affine = self._axes.affine(scan.affine, scan.shape)
        self._spacing = np.linalg.norm(affine[:3, :3], axis=0)

    def change(self, mask: np.ndarray, earlier: list[Placed], mark: Mark, drawn: bool) -> tuple[Change, Placed]:
        """What `mark` changes of the contour `mask` (bool [i, j, k] on the scan's own grid, left as it is), and where the mark lies.

        earlier: the marks before it, which stay satisfied where this one does not say otherwise. drawn: the contour came
        from marks alone, so that a mark may say that its scale was wrong. Raises InputError as `marked_voxels` does.
        """
        canonical = self._axes.apply(mask)
        with _one_thread():
            return self._changed(mark, canonical, earlier, drawn)

    def _changed(self, mark: Mark, canonical: np.ndarray, earlier: list[Placed], drawn: bool) -> tuple[Change, Placed]:
        placed = self._placed(mark, canonical)
        kept = [one for one in (_without(one, placed) for one in earlier) if len(one.voxels)]
        if mark.kind == "box" and mark.positive:
            change = self._settled(*self._in_box(canonical, kept, _box_of(placed.voxels)), canonical, kept)
            return change, replace(placed, voxels=placed.voxels[:0])  # it says where to look, not what is there
        if placed.reach == 0 or (canonical[tuple(placed.voxels.T)] == placed.positive).all():
            box, placed = _box_of(placed.voxels), replace(placed, reach=0.0)
            return self._settled(box, canonical[box].copy(), canonical, [*kept, placed]), placed
        box, after, placed = self._found(canonical, kept, placed, drawn)
        return self._settled(box, after, canonical, [*kept, placed]), placed

    def _placed(self, mark: Mark, mask: np.ndarray) -> Placed:
        voxels = canonical_voxels(
            marked_voxels(mark, self._scan.shape, self._scan.affine), self._axes, self._scan.shape
        )
        exact = mark.kind in ("box", "lasso", "brush")
        return Placed(voxels, mark.positive, 0.0 if exact else reach_of(voxels, mark.positive, mask, self._spacing))

    def _found(self, mask: np.ndarray, kept: list[Placed], mark: Placed, drawn: bool) -> tuple[Box, np.ndarray, Placed]:
        shape, known = mask.shape, bounding_box(mask)
        if not (mark.positive or np.isfinite(mark.reach)):  # everything around is inside
            mark = replace(mark, reach=POINT_REACH)
        if mark.positive and mark.reach > NEAR_MM:
            hint = replace(mark, reach=POINT_REACH)
            others = kept if known is None else [one for one in kept if not one.positive]
            window, found = draw(self._see, [*others, hint], self._spacing, shape, None, self._read.draw)
            radius = self._radius(found)
            if known is None or radius < APART * mark.reach:
                hint = replace(mark, reach=max(POINT_REACH, min(0.8 * radius, mark.reach)) if known else POINT_REACH)
                return window.box, found | mask[window.box], hint
        marks = [*kept, mark]
        rescaled = mark.reach > RESCALED * self._radius(mask[known])
        if drawn and rescaled and any(one.positive for one in marks):
            return *self._drawn_anew(mask, marks, known), mark
        window, found = correct(self._see, mask, marks, self._spacing, self._read.correct)
        return window.box, found, mark

    def _in_box(self, mask: np.ndarray, kept: list[Placed], box: Box) -> tuple[Box, np.ndarray]:
        window, found = draw_in_box(self._see, box, kept, self._spacing, mask.shape, self._read.draw)
        after = mask[window.box].copy()
        inside = tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, window.box, strict=True))
        after[inside] = found[inside]
        return window.box, after

    def _radius(self, mask: np.ndarray) -> float:
        """Of a ball of the same volume, mm."""
        return float(np.cbrt(np.count_nonzero(mask) * np.prod(self._spacing) * 0.75 / np.pi))

    def _drawn_anew(self, mask: np.ndarray, marks: list[Placed], known: Box) -> tuple[Box, np.ndarray]:
        window, found = draw(self._see, marks, self._spacing, mask.shape, known, self._read.draw)
        box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(window.box, known, strict=True))
        after = np.zeros([b.stop - b.start for b in box], dtype=bool)
        after[tuple(slice(w.start - b.start, w.stop - b.start) for w, b in zip(window.box, box, strict=True))] = found
        return box, after

    def _settled(self, box: Box, after: np.ndarray, mask: np.ndarray, marks: list[Placed]) -> Change:
        """Marked voxels are as marked, and the box is cut to what differs."""
        start = np.array([b.start for b in box])
        for mark in marks:
            inside = mark.voxels - start
            inside = inside[((inside >= 0) & (inside < after.shape)).all(axis=1)]
            after[tuple(inside.T)] = mark.positive
        differs = bounding_box(after != mask[box])
        if differs is None:
            differs = (slice(0, 0),) * 3
        box = tuple(slice(int(s) + d.start, int(s) + d.stop) for s, d in zip(start, differs, strict=True))
        return Change(self._own_box(box), np.ascontiguousarray(self._axes.undo(after[differs])))

    def _own_box(self, box: Box) -> Box:
        own = []
        for axis, (canonical, direction) in enumerate(self._axes.code.astype(int)):
            part, length = box[canonical], self._scan.shape[axis]
            own.append(part if direction > 0 else slice(length - part.stop, length - part.start))
        return tuple(own)

    def _see(self, window: Window) -> Evidence:
        return Evidence(window, self._image, *seen_closest(self._encoding, self._words, window))


def _one_thread():
    """Matrices this small gain nothing from a second thread, and its waiting costs three times what they do."""
    return _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def _box_of(voxels: np.ndarray) -> Box:
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(voxels.min(axis=0), voxels.max(axis=0), strict=True))


def _without(mark: Placed, newer: Placed) -> Placed:
    """An earlier mark without the voxels that a newer one says otherwise of."""
    if mark.positive == newer.positive:
        return mark
    keys = np.array([1 << 40, 1 << 20, 1])
    left = mark.voxels[~np.isin(mark.voxels @ keys, newer.voxels @ keys)]
    return replace(mark, voxels=left)
