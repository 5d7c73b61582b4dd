"""The outline of a mask in one plane, as closed contours; holes hang on their contour by a keyhole."""

import numpy as np
from scipy.ndimage import find_objects, label
from scipy.spatial import cKDTree
from skimage.measure import find_contours

Ring = np.ndarray  # float [n, 2], closed: the last point joins the first


def outlines(plane: np.ndarray) -> list[Ring]:
    """Closed contours of a bool plane [i, j], one for each connected part, in (i, j) with pixel centres at whole numbers.

    They run half-way between pixels in and out, so that exactly the pixels of the mask have their centre inside. A hole is joined to
    its contour by a channel of no width (keyhole), since a contour inside another means nothing by itself in DICOM (PS3.3 C.8.8.6.3).
    """
    parts, _ = label(plane)
    found = []
    for number, place in enumerate(find_objects(parts), start=1):
        corner = [side.start - 1 for side in place]
        rings = find_contours(np.pad(parts[place] == number, 1).astype(np.float32), 0.5)
        found.append(_keyholed([ring[:-1] + corner for ring in rings]))
    return found


def _keyholed(rings: list[Ring]) -> Ring:
    """One ring of the outer one and its holes. The nearest hole is joined first, by the shortest line: like the edges of a minimum
    spanning tree, such lines cross neither each other nor any ring."""
    rings = sorted(rings, key=_extent, reverse=True)
    whole, holes = rings[0], rings[1:]
    ends: set[tuple[float, ...]] = set()
    while holes:
        tree = cKDTree(whole)
        reached = [tree.query(hole) for hole in holes]
        nearest = min(range(len(holes)), key=lambda index: reached[index][0].min())
        distances, partners = reached[nearest]
        start = int(distances.argmin())
        hole, at = np.roll(holes.pop(nearest), -start, axis=0), int(partners[start])
        ends |= {tuple(whole[at]), tuple(hole[0])}
        whole = np.concatenate([whole[: at + 1], hole, hole[:1], whole[at:]])
    return _straightened(whole, ends)


def _extent(ring: Ring) -> float:
    return float(np.prod(np.ptp(ring, axis=0)))


def _straightened(ring: Ring, kept: set[tuple[float, ...]]) -> Ring:
    """Without points in the middle of a straight line, except the ends of keyholes."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    ends = np.array([tuple(point) in kept for point in ring])
    return ring[bends | ends]
