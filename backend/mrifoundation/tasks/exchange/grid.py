"""From the grid that a mask lies on to another one: exactly where only axes differ, else by interpolation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.ndimage import affine_transform, distance_transform_edt

from mrifoundation.errors import InputError
from mrifoundation.volume.box import Box, bounding_box

ROOM = 4 << 30  # bytes that the masks of one import may take
SAME = 0.1  # voxels that two grids may lie apart and still count as one
RESAMPLED = "The segments lie on another grid and were resampled, so their borders moved by up to half a voxel."


@dataclass(frozen=True, eq=False)
class Grid:
    """shape: voxels along i, j, k. affine: index → RAS mm, 4×4."""

    shape: tuple[int, ...]
    affine: np.ndarray

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape))

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in mL."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000


def check_room(count: int, grid: Grid, name: str) -> None:
    """Raise InputError when `count` masks on a grid would take more memory than ROOM."""
    if count * grid.size > ROOM:
        raise InputError(
            f"'{name}' holds {count} segments, which on this grid need {count * grid.size / 2**30:.0f} GiB; "
            f"the limit is {ROOM / 2**30:.0f} GiB: import fewer at a time."
        )


def onto(mask: np.ndarray, affine: np.ndarray, target: Grid, notes: list[str]) -> np.ndarray:
    """`mask` (bool [i, j, k] on the grid of `affine`) on `target`; what lies outside it is left out. A note says when it was resampled.

    Turned or flipped axes, and a larger or smaller field of view, change nothing. Otherwise the signed distance
    to the border is interpolated (Raya and Udupa, IEEE Trans Med Imaging 1990), so that a shape goes over from one thick slice to the next.
    """
    way = np.linalg.inv(target.affine) @ affine
    turn = np.rint(way[:3, :3])
    exact = np.eye(4)
    exact[:3, :3], exact[:3, 3] = turn, np.rint(way[:3, 3])
    corners = np.array([[*corner, 1] for corner in product(*((0, size - 1) for size in mask.shape))], float).T
    is_permutation = (np.abs(turn).sum(0) == 1).all() and (np.abs(turn).sum(1) == 1).all()
    if is_permutation and np.abs((way - exact) @ corners).max() < SAME:
        return _pasted(mask, turn, exact[:3, 3], target.shape)
    if RESAMPLED not in notes:
        notes.append(RESAMPLED)
    return _resampled(mask, np.linalg.norm(affine[:3, :3], axis=0), way, target.shape)


def same_voxels(one: Grid, other: Grid) -> bool:
    """Whether two grids have the same voxels, be it in another order of their axes."""
    notes: list[str] = []
    return one.size == other.size and bool(onto(np.ones(one.shape, bool), one.affine, other, notes).all()) and not notes


def _pasted(mask: np.ndarray, turn: np.ndarray, offset: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    source_axes = np.abs(turn).argmax(1)
    signs = turn[range(3), source_axes]
    turned = np.flip(mask.transpose(source_axes), [axis for axis in range(3) if signs[axis] < 0])
    start = [int(o if s > 0 else o - n + 1) for o, s, n in zip(offset, signs, turned.shape, strict=True)]
    pairs = [_overlap(a, n, m) for a, n, m in zip(start, turned.shape, shape, strict=True)]
    target = np.zeros(shape, bool)
    target[tuple(there for there, _ in pairs)] = turned[tuple(here for _, here in pairs)]
    return target


def _overlap(start: int, size: int, limit: int) -> tuple[slice, slice]:
    """Of an axis of `size` laid from `start` on one of `limit`: the part there, and the same part here."""
    first, last = max(start, 0), max(min(start + size, limit), max(start, 0))
    return slice(first, last), slice(first - start, last - start)


def _resampled(mask: np.ndarray, spacing: np.ndarray, way: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    target = np.zeros(shape, bool)
    place = bounding_box(mask)
    box = place and _landing(place, way, shape)
    if box is None:
        return target
    back = np.linalg.inv(way)
    offset = back[:3, :3] @ [part.start for part in box] + back[:3, 3] - [part.start - 1 for part in place]
    padded = np.pad(mask[place], 1)
    inside, outside = (distance_transform_edt(part, sampling=spacing) for part in (padded, ~padded))
    size = tuple(part.stop - part.start for part in box)
    target[box] = affine_transform(inside - outside, back[:3, :3], offset, size, order=1, cval=-1) > 0
    return target


def _landing(place: Box, way: np.ndarray, shape: Sequence[int]) -> Box | None:
    """The box of the target that the box `place` lands in; None when that is outside."""
    corners = np.array([[*corner, 1] for corner in product(*((part.start - 1, part.stop) for part in place))], float)
    reached = (way @ corners.T)[:3]
    low = np.clip(np.floor(reached.min(1)), 0, shape).astype(int)
    high = np.clip(np.ceil(reached.max(1)) + 1, 0, shape).astype(int)
    return tuple(map(slice, low.tolist(), high.tolist())) if (high > low).all() else None
