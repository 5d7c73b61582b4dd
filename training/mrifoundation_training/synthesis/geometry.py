"""Where a training view looks: field of view, working spacing, and a smooth random deformation of the anatomy."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.volume.adapt import MAX_SPACING, MIN_SPACING, STRIDE
from mrifoundation_training.synthesis.stack import Stack

ANY = 90.0  # degrees: with such a spread about each axis no direction is preferred


@dataclass(frozen=True)
class GeometryRanges:
    """How far views may differ from their source.

    budget: working voxels, drawn log-uniformly. rotation: degrees (standard deviation per axis). scale: ± per axis. shear: ±.
    warp_mm: largest standard deviation of the smooth displacement. partial: probability that the field of view is cut.
    restless: probability that it was taken slice by slice of someone who moved.
    """

    budget: tuple[int, int] = (120_000, 300_000)
    rotation: float = 8.0
    scale: float = 0.12
    shear: float = 0.06
    warp_mm: float = 3.0
    partial: float = 0.3
    restless: float = 0.0

    def stretched(self, factor: float, turned: bool = False, restless: float = 0.0) -> "GeometryRanges":
        """The same fields of view, with anatomy that differs `factor` times as much; turned: seen from any direction.
        restless: as of this class, where it is more."""
        return replace(
            self,
            rotation=ANY if turned else self.rotation * factor,
            scale=self.scale * factor,
            shear=self.shear * factor,
            warp_mm=self.warp_mm * factor,
            restless=max(self.restless, restless),
        )


@dataclass(frozen=True, eq=False)
class View:
    """A sampling of a source array: index [3, X, Y, Z] float (source voxels), working spacing (mm), padded shape, first axis flipped.
    stack: its slices, where they lie apart from each other."""

    index: torch.Tensor
    spacing: float
    padded: tuple[int, int, int]
    flipped: bool
    stack: Stack | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return tuple(self.index.shape[1:])

    @property
    def padding(self) -> list[int]:
        """From its shape to the padded one, as `F.pad` takes it."""
        return [n for own, to in zip(reversed(self.shape), reversed(self.padded), strict=True) for n in (0, to - own)]


def draw_view(
    rng: np.random.Generator,
    ranges: GeometryRanges,
    box: tuple[slice, slice, slice],
    spacing: np.ndarray,
    flip: bool,
    device: torch.device,
) -> View:
    """Draw a view of the canonical `box` (voxels) of a source with `spacing` (mm per axis); `flip` allows left–right mirroring."""
    first = np.array([b.start for b in box]) * spacing
    length = np.array([b.stop - b.start for b in box]) * spacing
    first, length = _cut(rng, ranges.partial, first, length)
    budget = np.exp(rng.uniform(*np.log(ranges.budget)))
    h = float(np.clip((np.prod(length) / budget) ** (1 / 3), MIN_SPACING, MAX_SPACING))
    # Small jitter of the spacing, so that it is never a cue for the source.
    h = float(np.clip(h * np.exp(rng.normal(0, 0.05)), MIN_SPACING, MAX_SPACING))
    shape = [max(2, int(np.ceil(n / h))) for n in length]
    padded = tuple(-(-n // STRIDE) * STRIDE for n in shape)
    centre = first + length / 2
    offset = [(torch.arange(n, device=device, dtype=torch.float32) - (n - 1) / 2) * h for n in shape]
    place = torch.stack(torch.meshgrid(*offset, indexing="ij"))
    stack = Stack.drawn(rng, shape, h) if ranges.restless and rng.random() < ranges.restless else None
    if stack is not None:
        place += stack.along(stack.moved(rng), place)
    flipped = bool(flip and rng.random() < 0.5)
    place = torch.einsum(
        "ab,bxyz->axyz", torch.tensor(_affine(rng, ranges, flipped), dtype=torch.float32, device=device), place
    )
    place += _warp(rng, ranges, shape, h, device)
    scale = torch.tensor(1 / spacing, dtype=torch.float32, device=device)
    index = (place + torch.tensor(centre, dtype=torch.float32, device=device)[:, None, None, None]) * scale[
        :, None, None, None
    ] - 0.5
    return View(index, h, padded, flipped, stack)


def _cut(rng, probability: float, first: np.ndarray, length: np.ndarray):
    first, length = first.copy(), length.copy()
    if rng.random() < probability:
        for axis in rng.choice(3, size=rng.integers(1, 3), replace=False):
            kept = length[axis] * rng.uniform(0.45, 0.95)
            first[axis] += rng.uniform(0, length[axis] - kept)
            length[axis] = kept
    return first, length


def _affine(rng, ranges: GeometryRanges, flipped: bool) -> np.ndarray:
    a, b, c = np.deg2rad(rng.normal(0, ranges.rotation, 3))
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    scale = np.diag(
        np.exp(rng.uniform(-ranges.scale, ranges.scale, 3)) * np.exp(rng.uniform(-ranges.scale, ranges.scale))
    )
    shear = np.eye(3) + rng.uniform(-ranges.shear, ranges.shear, (3, 3)) * (1 - np.eye(3))
    return rx @ ry @ rz @ shear @ scale @ np.diag([-1.0 if flipped else 1.0, 1, 1])


def smooth_noise(rng, channels: int, shape, knot: float, device) -> torch.Tensor:
    """Unit-variance-like smooth noise [channels, X, Y, Z]: a grid of normal values every `knot` voxels, interpolated linearly."""
    size = [max(2, int(np.ceil(n / knot)) + 1) for n in shape]
    coarse = torch.tensor(rng.standard_normal((1, channels, *size)), dtype=torch.float32, device=device)
    return F.interpolate(coarse, size=tuple(shape), mode="trilinear", align_corners=True)[0]


def _warp(rng, ranges: GeometryRanges, shape, h: float, device) -> torch.Tensor:
    if rng.random() < 0.1:
        return torch.zeros(3, *shape, device=device)
    amplitude = ranges.warp_mm * rng.random() * min(1.0, h)
    coarse = smooth_noise(rng, 3, shape, 22, device) * amplitude * 1.3
    return coarse + smooth_noise(rng, 3, shape, 9, device) * amplitude * 0.35


def near(source: torch.Tensor, view: View) -> tuple[torch.Tensor, View]:
    """The part of a source array that a view can see, and the view of that part alone."""
    first = [max(0, int(view.index[a].min()) - 3) for a in range(3)]
    last = [min(n, int(view.index[a].max()) + 5) for a, n in enumerate(source.shape)]
    start = torch.tensor(first, dtype=torch.float32, device=source.device)[:, None, None, None]
    part = source[tuple(slice(f, max(f + 1, e)) for f, e in zip(first, last, strict=True))]
    return part, replace(view, index=view.index - start)


def looked_up(table: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """table[labels], several times faster on a CPU than indexing."""
    return table.index_select(0, labels.flatten().int()).view(labels.shape)


def sample_labels(labels: torch.Tensor, view: View) -> torch.Tensor:
    """Nearest labels [X, Y, Z] of an integer array [i, j, k]; 0 outside."""
    index, size = view.index.round().long(), _size(labels.shape, view)
    i, j, k = torch.minimum(index.clamp(min=0), size - 1)
    return labels[i, j, k] * within(labels.shape, view)


def within(shape: tuple[int, ...], view: View) -> torch.Tensor:
    """Whether a place of the view lies in an array of this shape [i, j, k]: bool [X, Y, Z]."""
    index = view.index.round().long()
    return ((index >= 0) & (index < _size(shape, view))).all(0)


def _size(shape: tuple[int, ...], view: View) -> torch.Tensor:
    return torch.tensor(shape, device=view.index.device)[:, None, None, None]


def sample_image(image: torch.Tensor, view: View, spacing: np.ndarray) -> torch.Tensor:
    """Linear interpolation [X, Y, Z] of a float array [i, j, k], averaged first where the working spacing is coarser; edges continue."""
    factor = [max(1, int(view.spacing / s + 0.3)) for s in spacing]
    pooled = F.avg_pool3d(image[None, None], factor, factor, ceil_mode=True, count_include_pad=False)
    grid = []
    for axis in (2, 1, 0):
        index = (view.index[axis] + 0.5) / factor[axis] - 0.5
        grid.append(2 * (index + 0.5) / pooled.shape[2 + axis] - 1)
    return F.grid_sample(
        pooled, torch.stack(grid, -1)[None], mode="bilinear", padding_mode="border", align_corners=False
    )[0, 0]
