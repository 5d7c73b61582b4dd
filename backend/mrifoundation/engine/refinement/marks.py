"""Marks: what a person says about a contour, and which voxels of the scan it means."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from skimage.draw import polygon2mask

from mrifoundation.errors import InputError

KINDS = ("point", "scribble", "box", "lasso", "brush")
LARGEST_RADIUS = 50.0  # mm
MOST_POINTS = 10_000


@dataclass(frozen=True, eq=False)
class Mark:
    """One mark.

    kind: point | scribble (a line through `points`) | box (two opposite corners) | lasso (a closed outline in a plane) |
    brush (painted voxels). points: [n, 3], RAS mm, or voxel indices where `space` is "index"; none for a brush.
    positive: it belongs, or does not. radius_mm: thickness of a point or scribble; 0 is the voxel itself.
    painted, start: the brush, bool [i, j, k] in a box of the scan's grid that begins at voxel `start`.

    A point or scribble is a hint from which a region grows; a box has its inside decided anew (positive) or emptied;
    what a lasso or brush covers is taken exactly.
    """

    kind: str
    points: tuple[tuple[float, float, float], ...] = ()
    positive: bool = True
    radius_mm: float = 0.0
    space: str = "ras"
    painted: np.ndarray | None = None
    start: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def of(cls, given: "Mark | dict[str, Any]") -> "Mark":
        """`given` itself, or the mark in a JSON object with these fields. Raises InputError for what is no mark."""
        if isinstance(given, cls):
            return given
        try:
            points = given.get("points") or [given["point"]]
            known = {key: given[key] for key in ("positive", "radius_mm", "space") if key in given}
            return cls(given.get("kind", "point"), tuple(tuple(float(v) for v in p) for p in points), **known)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(
                'A mark cannot be read; give for example {"kind": "point", "points": [[10, -5, 20]], "positive": true} in RAS mm.'
            ) from None

    def to_json(self) -> dict[str, Any]:
        """All but the painted voxels as plain JSON types."""
        points = [[float(v) for v in point] for point in self.points]
        fields = {
            "kind": self.kind,
            "points": points,
            "positive": bool(self.positive),
            "radius_mm": float(self.radius_mm),
        }
        return fields | {"space": self.space, "start": [int(n) for n in self.start]}


def marked_voxels(mark: Mark, shape: tuple[int, int, int], affine: np.ndarray) -> np.ndarray:
    """The voxels [n, 3] that `mark` means on a grid with this shape and affine (index → RAS mm), each once.

    Raises InputError for a mark that is malformed or has a point outside the volume.
    """
    _check(mark)
    if mark.kind == "brush":
        return _painted(mark, shape)
    index = _indices(mark, affine)
    _check_inside(mark, index, shape)
    if mark.kind == "box":
        low, high = np.rint(index.min(axis=0)).astype(int), np.rint(index.max(axis=0)).astype(int)
        return np.argwhere(np.ones(high - low + 1, dtype=bool)) + low
    if mark.kind == "lasso":
        return _inside_outline(index)
    line = _along(index) if mark.kind == "scribble" else index
    return _thick(np.unique(np.rint(line).astype(int), axis=0), mark.radius_mm, shape, affine)


def _check(mark: Mark) -> None:
    if mark.kind not in KINDS:
        raise InputError(f"There is no mark of the kind '{mark.kind}'; use one of {', '.join(KINDS)}.")
    if mark.space not in ("ras", "index"):
        raise InputError(f"A mark's space is '{mark.space}'; use ras (mm) or index (voxels).")
    if not (np.isfinite(mark.radius_mm) and 0 <= mark.radius_mm <= LARGEST_RADIUS):
        raise InputError(f"A mark's radius must lie between 0 and {LARGEST_RADIUS:g} mm.")
    wanted = {"point": (1, 1), "scribble": (1, MOST_POINTS), "box": (2, 2), "lasso": (3, MOST_POINTS), "brush": (0, 0)}
    least, most = wanted[mark.kind]
    if not least <= len(mark.points) <= most or any(len(point) != 3 for point in mark.points):
        number = str(least) if least == most else f"{least} to {most}"
        raise InputError(f"A {mark.kind} needs {number} point{'s' if most != 1 else ''} of three coordinates each.")


def _indices(mark: Mark, affine: np.ndarray) -> np.ndarray:
    points = np.array(mark.points, dtype=np.float64)
    if mark.space == "index":
        return points
    inverse = np.linalg.inv(affine)
    return points @ inverse[:3, :3].T + inverse[:3, 3]


def _check_inside(mark: Mark, index: np.ndarray, shape: tuple[int, int, int]) -> None:
    inside = ((index >= -0.5) & (index < np.array(shape) - 0.5)).all(axis=1)
    if not inside.all():
        where = ", ".join(f"{v:g}" for v in mark.points[int(np.argmin(inside))])
        unit = "mm" if mark.space == "ras" else "(voxels)"
        raise InputError(f"The point {where} {unit} lies outside the volume; mark a place that the scan shows.")


def _along(index: np.ndarray) -> np.ndarray:
    """Points at most half a voxel apart on the line through `index`."""
    pieces = [index[:1]]
    for a, b in itertools.pairwise(index):
        count = max(1, int(np.ceil(2 * np.abs(b - a).max())))
        pieces.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)


def _thick(voxels: np.ndarray, radius: float, shape: tuple[int, int, int], affine: np.ndarray) -> np.ndarray:
    if radius <= 0:
        return voxels
    reach = np.ceil(radius / np.linalg.norm(affine[:3, :3], axis=0)).astype(int)
    offsets = np.argwhere(np.ones(2 * reach + 1, dtype=bool)) - reach
    offsets = offsets[np.linalg.norm(offsets @ affine[:3, :3].T, axis=1) <= radius]
    around = np.unique((voxels[:, None] + offsets[None]).reshape(-1, 3), axis=0)
    return around[((around >= 0) & (around < np.array(shape))).all(axis=1)]


def _inside_outline(index: np.ndarray) -> np.ndarray:
    """The voxels inside an outline, in the plane of the grid in which it is flattest."""
    axis = int(np.argmin(np.ptp(index, axis=0)))
    plane = int(np.rint(np.median(index[:, axis])))
    across = [a for a in range(3) if a != axis]
    flat = index[:, across]
    low = np.maximum(np.floor(flat.min(axis=0)).astype(int), 0)
    size = np.ceil(flat.max(axis=0)).astype(int) - low + 1
    found = np.argwhere(polygon2mask(tuple(size), flat - low)) + low
    voxels = np.full((len(found), 3), plane)
    voxels[:, across] = found
    return voxels if len(voxels) else np.unique(np.rint(index).astype(int), axis=0)


def _painted(mark: Mark, shape: tuple[int, int, int]) -> np.ndarray:
    if mark.painted is None or mark.painted.ndim != 3 or not mark.painted.any():
        raise InputError("A brush mark holds no painted voxel; paint at least one.")
    voxels = np.argwhere(mark.painted) + np.array(mark.start)
    if (voxels < 0).any() or (voxels >= np.array(shape)).any():
        raise InputError("A brush mark reaches outside the volume; paint inside the scan.")
    return voxels
