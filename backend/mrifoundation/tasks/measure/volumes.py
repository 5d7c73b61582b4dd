"""Volumes of structures in view, and how even the two sides are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.orientation import CanonicalAxes

NOTABLE = 15.0  # per cent of asymmetry that is worth a sentence
THICK = 3.0  # times the finest spacing, from which on a stack ends with a slice and not with the field of view


@dataclass(frozen=True)
class StructureVolume:
    """One structure in view. center_ras_mm, box_ras_mm (low and high corner): RAS mm. cut: reaches the edge of the field of view.

    at_end: reaches the first or last slice of a thick stack, which may cut it or just be its own last one: nobody can see beyond."""

    name: str
    volume_ml: float
    presence: float
    center_ras_mm: tuple[float, ...]
    box_ras_mm: tuple[tuple[float, ...], tuple[float, ...]]
    cut: bool
    at_end: bool = False

    @property
    def whole(self) -> bool:
        """Whether all of it is surely in view, so that its volume can be held against another one."""
        return not (self.cut or self.at_end)


@dataclass(frozen=True, eq=False)
class Volumes:
    """What was asked for and found. labels [i, j, k] on the scan's grid with table rows as of `Engine.segment`."""

    structures: dict[str, StructureVolume]
    labels: np.ndarray
    table: list[dict] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self.structures

    def ml(self, *names: str) -> float:
        """Volume of some structures together, mL; what is not in view counts nothing."""
        return sum(self.structures[name].volume_ml for name in names if name in self.structures)

    def mask(self, *names: str) -> np.ndarray:
        """Bool [i, j, k]: where any of the structures is."""
        return np.isin(self.labels, [row["value"] for row in self.table if row["name"] in names])


@dataclass(frozen=True)
class Asymmetry:
    """name: the structure without its side. index: 200 · (left − right) / (left + right), per cent."""

    name: str
    left_ml: float
    right_ml: float

    @property
    def index(self) -> float:
        return 200.0 * (self.left_ml - self.right_ml) / (self.left_ml + self.right_ml)

    @property
    def notable(self) -> bool:
        return abs(self.index) >= NOTABLE


def measure_volumes(
    engine: Engine,
    encoding: Encoding,
    names: Sequence[str],
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Volumes:
    """Segment the structures of `names` that the weights have learned, and measure those in view."""
    known = [
        name for name in dict.fromkeys(names) if name in engine.vocabulary and engine.knows(engine.vocabulary[name])
    ]
    if not known:
        return Volumes({}, np.zeros(encoding.shape, np.uint8), [])
    result = engine.segment(encoding, known, progress=progress, cancel=cancel)
    found = {row["name"]: _measured(row, result.labels, encoding.affine) for row in result.table if row["in_view"]}
    return Volumes(found, result.labels, result.table)


def asymmetries(volumes: Volumes) -> list[Asymmetry]:
    """Of every pair of which both sides are wholly in view, the most uneven first."""
    pairs = []
    for name, left in volumes.structures.items():
        other = volumes.structures.get(f"right {name.removeprefix('left ')}")
        if name.startswith("left ") and other and left.whole and other.whole:
            pairs.append(Asymmetry(name.removeprefix("left "), left.volume_ml, other.volume_ml))
    return sorted(pairs, key=lambda pair: -abs(pair.index))


def _measured(row: dict, labels: np.ndarray, affine: np.ndarray) -> StructureVolume:
    mask = labels == row["value"]
    spans = [(part.start, part.stop - 1) for part in bounding_box(mask)]
    corners = np.array([[spans[a][(n >> a) & 1] + ((n >> a) & 1) - 0.5 for a in range(3)] for n in range(8)])
    ras = corners @ affine[:3, :3].T + affine[:3, 3]
    met = [axis for axis, (low, high) in enumerate(spans) if low == 0 or high == labels.shape[axis] - 1]
    thick = _thick_axes(affine)
    return StructureVolume(
        row["name"],
        row["volume_ml"],
        row["presence"],
        tuple(row["center_ras_mm"]),
        (tuple(ras.min(axis=0).tolist()), tuple(ras.max(axis=0).tolist())),
        cut=any(axis not in thick for axis in met),
        at_end=any(axis in thick for axis in met),
    )


def _thick_axes(affine: np.ndarray) -> list[int]:
    """Across which the scan is a stack of thick slices."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    return np.flatnonzero(spacing >= THICK * spacing.min()).tolist()


def plane_of(affine: np.ndarray) -> str:
    """axial, coronal or sagittal, oblique to it when turned by over 15 degrees; 3D when the voxels are nearly cubes."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if spacing.max() < 1.5 * np.sort(spacing)[1]:
        return "3D"
    through = affine[:3, int(np.argmax(spacing))] / spacing.max()
    plane = ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(through)))]
    return plane if np.abs(through).max() > np.cos(np.radians(15)) else f"oblique {plane}"


def canonical(array: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """`array` with its axes growing to the patient's right, the front and upward."""
    return CanonicalAxes.of(affine).apply(array)
