"""Reading RTSTRUCT onto a grid: contours in any plane, filled in their own planes and laid onto the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.between_planes import between
from mrifoundation.tasks.exchange.filling import filled
from mrifoundation.tasks.exchange.grid import Grid, check_room, onto
from mrifoundation.tasks.exchange.segment import Segment, colour_of
from mrifoundation.volume.budget import check_size
from mrifoundation.volume.dicom_headers import numbers
from mrifoundation.volume.itk_image import LPS_TO_RAS

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
FLAT = 0.1  # voxels that the points of one contour may lie off its slice
NEAR = 0.25  # voxels that a contour may lie off a slice of the grid and still be meant for it
_SAME_PLANE = 0.1  # mm between contours of one plane
WIDEST_GAP = 2.5  # usual distances that two neighbouring planes of one part may be apart
_FARTHEST = 1e5  # mm from the origin
_LONGEST_WAY = 3e8  # voxels; a hundred organs with a hundred contours each of a thousand are 1e7
_LARGEST = 2048  # pixels along an edge of a plane that contours are filled in


@dataclass(frozen=True, eq=False)
class _Planes:
    """A grid whose third axis goes across the contour planes, and what they enclose there."""

    grid: Grid
    mask: np.ndarray

    @classmethod
    def of(cls, grid: Grid, rings: dict[int, list[np.ndarray]]) -> "_Planes":
        """rings: by slice of the grid, in (i, j)."""
        mask = np.zeros(grid.shape, bool)
        for level, own in rings.items():
            mask[:, :, level] = filled(own, grid.shape[:2])
        return cls(grid, mask)


def read_rtstruct(dataset: Dataset, grid: Grid, notes: list[str]) -> list[Segment]:
    """Its regions on `grid`, an empty mask for one that lies outside. Points and open lines are left out with a note."""
    items = {int(item.ReferencedROINumber): item for item in dataset.get("ROIContourSequence") or ()}
    rois = list(dataset.get("StructureSetROISequence") or ())
    check_room(len(rois), grid, "The structure set")
    segments, open_ones, way = [], 0, 0.0
    for roi in rois:
        item = items.get(int(roi.ROINumber), Dataset())
        contours = list(item.get("ContourSequence") or ())
        closed = [one for one in contours if one.get("ContourGeometricType") in _CLOSED and _written(one)]
        open_ones += len(contours) - len(closed)
        if not closed:
            notes.append(f"'{roi.ROIName}' has no closed contour and was left out.")
            continue
        rings = [_points(one) for one in closed]
        way = _check_way(rings, way, grid)
        colour = colour_of(numbers(item, "ROIDisplayColor", 3) or ())
        segments.append(Segment(str(roi.ROIName), _mask(rings, grid, notes), colour))
    if open_ones:
        notes.append(f"{open_ones} points or open lines enclose nothing and were left out.")
    return segments


def _points(contour: Dataset) -> np.ndarray:
    """RAS mm [n, 3]."""
    written = _written(contour)
    if isinstance(written, bytes):
        numbers = np.fromstring(written.decode("ascii"), sep="\\")
        if len(numbers) != written.count(b"\\") + 1:
            raise ValueError("points that are no numbers")
    else:
        numbers = np.asarray(written, float)
    points = numbers.reshape(-1, 3) * np.diag(LPS_TO_RAS)[:3]
    if not (np.abs(points) < _FARTHEST).all():
        raise InputError("A contour has points that lie nowhere in a patient, so the file is damaged; export it again.")
    return points


def _written(contour: Dataset) -> bytes | Sequence[float]:
    """Its numbers as they stand in the file, of which pydicom would make an object of hundreds of bytes each; b"" without any."""
    item = contour.get_item("ContourData") if "ContourData" in contour else None
    value = item.value if item is not None else None
    return value.strip(b"\0 ") if isinstance(value, bytes) else (value or b"")


def _check_way(rings: list[np.ndarray], so_far: float, grid: Grid) -> float:
    """Voxels along all contours that were read. Filling takes as long as that is, so InputError is raised beyond all measure."""
    spacing = np.linalg.norm(grid.affine[:3, :3], axis=0).min()
    for ring in rings:
        so_far += float(np.abs(np.diff(ring, axis=0, append=ring[:1])).sum() / spacing)
    if so_far > _LONGEST_WAY:
        raise InputError("Its contours go to and fro without end, so the file is damaged; export it again.")
    return so_far


def _mask(rings: list[np.ndarray], grid: Grid, notes: list[str]) -> np.ndarray:
    planes = _own_planes(rings, grid) or _planes_between(rings, grid)
    return onto(planes.mask, planes.grid.affine, grid, notes)


def _own_planes(rings: list[np.ndarray], grid: Grid) -> _Planes | None:
    """The grid itself, turned so that its third axis is across the contours; None when they lie in none of its planes."""
    to_index = np.linalg.inv(grid.affine)
    index = [ring @ to_index[:3, :3].T + to_index[:3, 3] for ring in rings]
    across = int(np.argmin([max(np.ptp(ring[:, axis]) for ring in index) for axis in range(3)]))
    levels = np.array([ring[:, across].mean() for ring in index])
    slices = np.rint(levels).astype(int)
    flat = max(np.ptp(ring[:, across]) for ring in index) < FLAT
    gaps = np.diff(np.unique(slices))
    if not flat or np.abs(levels - slices).max() > NEAR or (gaps.size and np.median(gaps) > 1):
        return None
    axes = [axis for axis in range(3) if axis != across] + [across]
    turned = Grid(tuple(grid.shape[axis] for axis in axes), grid.affine[:, [*axes, 3]])
    found: dict[int, list[np.ndarray]] = {}
    for ring, level in zip(index, slices.tolist(), strict=True):
        if 0 <= level < turned.shape[2]:
            found.setdefault(level, []).append(ring[:, axes[:2]])
    return _Planes.of(turned, found)


def _planes_between(rings: list[np.ndarray], grid: Grid) -> _Planes:
    """A grid made from the contours: its planes are theirs where they are evenly spaced, its pixels no larger than those of `grid`."""
    normal = _normal(max(rings, key=lambda ring: np.linalg.norm(_area(ring))))
    heights = np.array([float((ring @ normal).mean()) for ring in rings])
    steps = np.diff(np.sort(heights))
    steps = steps[steps > _SAME_PLANE]
    spacing = np.linalg.norm(grid.affine[:3, :3], axis=0)
    gap = float(np.median(steps)) if steps.size else float(np.abs(grid.affine[:3, :3].T @ normal).max())
    first = np.linalg.svd(normal[None])[2][1]
    axes = np.stack([first, np.cross(normal, first)])
    flat = [ring @ axes.T for ring in rings]
    low, high = np.min([ring.min(0) for ring in flat], axis=0), np.max([ring.max(0) for ring in flat], axis=0)
    pixel = max(float(spacing.min()), float((high - low).max()) / _LARGEST)
    levels = np.rint((heights - heights.min()) / gap).astype(int)
    is_even = np.abs((heights - heights.min()) / gap - levels).max() < NEAR
    fine = gap if is_even else max(float(steps.min()), float(spacing.min()) / 2)
    affine = np.eye(4)
    affine[:3, :3] = np.stack([axes[0] * pixel, axes[1] * pixel, normal * fine], axis=1)
    affine[:3, 3] = axes.T @ (low - pixel) + normal * heights.min()
    count = int(levels.max()) + 1 if is_even else int(np.ceil(np.ptp(heights) / fine)) + 1
    made = Grid((*(np.ceil((high - low) / pixel).astype(int) + 3).tolist(), count), affine)
    check_size(made.shape, 1, "The structure set")
    flat = [(ring - low) / pixel + 1 for ring in flat]
    return _Planes.of(made, _by(levels, flat)) if is_even else _uneven(made, flat, heights - heights.min(), fine, gap)


def _uneven(made: Grid, rings: list[np.ndarray], heights: np.ndarray, fine: float, usual: float) -> _Planes:
    """Planes at any distances (mm above the first), of which a grid that goes in even steps would let some fall together."""
    order = np.argsort(heights)
    number = np.empty(len(rings), int)
    number[order] = np.cumsum(np.diff(heights[order], prepend=heights.min()) > _SAME_PLANE)
    planes = _by(number, rings)
    masks = [filled(planes[n], made.shape[:2]) for n in sorted(planes)]
    at = np.array([heights[number == n].mean() for n in sorted(planes)])
    return _Planes(made, between(masks, at, np.arange(made.shape[2]) * fine, WIDEST_GAP * usual))


def _by(levels: np.ndarray, rings: list[np.ndarray]) -> dict[int, list[np.ndarray]]:
    found: dict[int, list[np.ndarray]] = {}
    for ring, level in zip(rings, levels.tolist(), strict=True):
        found.setdefault(level, []).append(ring)
    return found


def _area(ring: np.ndarray) -> np.ndarray:
    """Newell's vector: along the normal, as long as twice the area."""
    return np.cross(ring, np.roll(ring, -1, axis=0)).sum(0)


def _normal(ring: np.ndarray) -> np.ndarray:
    area = _area(ring)
    return area / max(float(np.linalg.norm(area)), 1e-12)
