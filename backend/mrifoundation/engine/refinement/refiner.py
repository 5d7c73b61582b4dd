"""One mark more: what a contour becomes, and where it changed."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.label_painter import positive_box
from mrifoundation.engine.refinement.correcting import correct
from mrifoundation.engine.refinement.drawing import draw, draw_in_box
from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.marks import Mark, marked_voxels
from mrifoundation.engine.refinement.placing import Placed, canonical_voxels, reach_of
from mrifoundation.engine.refinement.window import Box, Window
from mrifoundation.volume import Scan

RESCALED = 0.35  # a mark that reaches this share of a drawn structure's radius says that its scale was wrong
POINT_REACH = 2.0  # mm, of a click that has no contour near


@dataclass(frozen=True, eq=False)
class Change:
    """box: the scan's own voxels [i, j, k] that a mark may have changed; after: bool, their labels now."""

    box: Box
    after: np.ndarray


class Refiner:
    """Refines contours on one encoded scan.

    scan: the one that was encoded; its own resolution decides where the contour lies. text: logits on the encoding's working grid of what
    was asked in words, near which the query stays; None where nothing was asked.
    """

    def __init__(self, encoding: Encoding, scan: Scan, text: np.ndarray | None = None):
        self._encoding, self._scan, self._text = encoding, scan, text
        self._axes = encoding.axes
        self._image = self._axes.apply(scan.voxels)
        affine = self._axes.affine(scan.affine, scan.shape)
        self._spacing = np.linalg.norm(affine[:3, :3], axis=0)

    def place(self, mark: Mark, mask: np.ndarray) -> Placed:
        """Where `mark` lies on a contour, bool [i, j, k] on the scan's own grid. Raises InputError as `marked_voxels`."""
        voxels = canonical_voxels(
            marked_voxels(mark, self._scan.shape, self._scan.affine), self._axes, self._scan.shape
        )
        if mark.kind in ("box", "lasso", "brush"):
            return Placed(voxels, mark.positive, 0.0)
        reach = reach_of(voxels, mark.positive, self._axes.apply(mask), self._spacing)
        return Placed(voxels, mark.positive, POINT_REACH if reach is None else reach)

    def change(self, mask: np.ndarray, earlier: list[Placed], mark: Mark, placed: Placed, drawn: bool) -> Change:
        """What `mark` changes of the contour `mask`, which is left as it is.

        earlier: the marks before it, which stay satisfied. drawn: the contour came from marks alone, so that a mark far off may say
        that its scale was wrong.
        """
        canonical = self._axes.apply(mask)
        kept = [_without(one, placed) for one in earlier]
        kept = [one for one in kept if len(one.voxels)]
        if mark.kind == "box" and mark.positive:
            start = tuple(
                slice(int(a), int(b) + 1) for a, b in zip(placed.voxels.min(0), placed.voxels.max(0), strict=True)
            )
            window, found = draw_in_box(self._see, start, kept, self._spacing, canonical.shape)
            inside = np.zeros(found.shape, dtype=bool)
            inside[
                tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(start, window.box, strict=True))
            ] = True
            after = np.where(inside, found, canonical[window.box])
            return self._settled(window.box, after, canonical, kept)
        marks = [*kept, placed]
        if placed.reach == 0 or (canonical[tuple(placed.voxels.T)] == placed.positive).all():
            box = _box_of(placed.voxels)
            return self._settled(box, canonical[box].copy(), canonical, marks)
        return self._settled(*self._found(canonical, marks, drawn), canonical, marks)

    def _found(self, mask: np.ndarray, marks: list[Placed], drawn: bool) -> tuple[Box, np.ndarray]:
        mark = marks[-1]
        known = positive_box(mask)
        if known is None:
            if not mark.positive:
                return _box_of(mark.voxels), mask[_box_of(mark.voxels)].copy()
            window, found = draw(self._see, marks, self._spacing, mask.shape, None)
            return window.box, found
        alone = mark.positive and reach_of(mark.voxels, True, mask, self._spacing) is None
        if alone:
            window, found = draw(self._see, marks[-1:], self._spacing, mask.shape, None)
            return window.box, found | mask[window.box]
        radius = float(np.cbrt(np.count_nonzero(mask[known]) * np.prod(self._spacing) * 0.75 / np.pi))
        if drawn and any(one.positive for one in marks) and mark.reach > RESCALED * radius:
            return self._drawn_anew(mask, marks, known)
        window, found = correct(self._see, mask, marks, self._spacing)
        return window.box, found

    def _drawn_anew(self, mask: np.ndarray, marks: list[Placed], known: Box) -> tuple[Box, np.ndarray]:
        window, found = draw(self._see, marks, self._spacing, mask.shape, known)
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
        differs = positive_box(after != mask[box])
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
        return Evidence(window, self._image, self._encoding, self._text)


def _box_of(voxels: np.ndarray) -> Box:
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(voxels.min(axis=0), voxels.max(axis=0), strict=True))


def _without(mark: Placed, newer: Placed) -> Placed:
    """An earlier mark without the voxels that a newer one says otherwise of."""
    if mark.positive == newer.positive:
        return mark
    taken = set(map(tuple, newer.voxels.tolist()))
    left = [voxel for voxel in mark.voxels.tolist() if tuple(voxel) not in taken]
    return Placed(np.array(left, dtype=int).reshape(-1, 3), mark.positive, mark.reach)
