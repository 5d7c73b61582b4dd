"""A grid larger than the budget is encoded in overlapping tiles whose features are blended.

Queries are linear in the features before their normalisation, so blending features and blending logits are nearly the
same, and a prompt never has to know that there were tiles. Tiles start on token borders, so tokens blend as well.
"""

import itertools
import math
from collections.abc import Callable

import torch

from mrifoundation.volume.adapt import STRIDE

OVERLAP = 2 * STRIDE  # working voxels
CELL = 2  # working voxels that a voxel feature spans

Run = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
"""image, valid [1, 1, X, Y, Z], spacing [1, 4] → voxel features [1, C, X/2, Y/2, Z/2], tokens [1, T, D], share [1,
T]."""


def tiles(shape: tuple[int, int, int], budget: int) -> list[tuple[slice, slice, slice]]:
    """Boxes of at most `budget` voxels (and never under 48 a side) that cover `shape` (multiples of 16), neighbours
    overlapping."""
    pieces = [1, 1, 1]
    size = list(shape)
    while math.prod(size) > budget:
        axis = max((a for a in range(3) if size[a] > OVERLAP + STRIDE), key=lambda a: size[a], default=None)
        if axis is None:
            break
        pieces[axis] += 1
        size[axis] = _up((shape[axis] + (pieces[axis] - 1) * OVERLAP) / pieces[axis])
    starts = [_starts(shape[a], size[a], pieces[a]) for a in range(3)]
    return [tuple(slice(s, s + n) for s, n in zip(corner, size, strict=True)) for corner in itertools.product(*starts)]


def run_tiled(
    run: Run,
    image: torch.Tensor,
    valid: torch.Tensor,
    spacing: torch.Tensor,
    boxes: list[tuple[slice, slice, slice]],
    between: Callable[[int], None],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`run` on every box, blended with weights that fall towards each tile's border; `between(n)` is called before tile
    n."""
    size = image.shape[2:]
    voxel, tokens, shares = _Blend(size, CELL), _Blend(size, STRIDE), _Blend(size, STRIDE)
    for number, box in enumerate(boxes):
        between(number)
        if not valid[(..., *box)].any():
            continue
        tile_voxel, tile_tokens, tile_share = run(
            image[(..., *box)].contiguous(), valid[(..., *box)].contiguous(), spacing
        )
        grid = [(s.stop - s.start) // STRIDE for s in box]
        voxel.add(box, tile_voxel[0].float())
        tokens.add(box, tile_tokens[0].float().T.reshape(-1, *grid))
        shares.add(box, tile_share[0].float().reshape(1, *grid))
    return voxel.mean()[None], tokens.mean().flatten(1).T[None], shares.mean().flatten(1)


class _Blend:
    """A weighted mean of tiles on a grid of `cell` working voxels."""

    def __init__(self, size: torch.Size, cell: int):
        self._shape = [n // cell for n in size]
        self._cell = cell
        self._sum: torch.Tensor | None = None
        self._weight: torch.Tensor | None = None

    def add(self, box: tuple[slice, slice, slice], values: torch.Tensor) -> None:
        if self._sum is None:
            self._sum = values.new_zeros(values.shape[0], *self._shape)
            self._weight = values.new_zeros(1, *self._shape)
        x, y, z = (_hat(n).to(values.device) for n in values.shape[1:])
        weight = (x[:, None, None] * y[None, :, None] * z[None, None, :])[None]
        place = (slice(None), *(slice(s.start // self._cell, s.stop // self._cell) for s in box))
        self._sum[place] += values * weight
        self._weight[place] += weight

    def mean(self) -> torch.Tensor:
        return self._sum / self._weight.clamp(min=1e-6)


def _hat(count: int) -> torch.Tensor:
    rising = torch.arange(count, dtype=torch.float32) + 0.5
    return torch.minimum(rising, rising.flip(0)) / (count / 2)


def _up(length: float) -> int:
    return math.ceil(length / STRIDE) * STRIDE


def _starts(length: int, tile: int, count: int) -> list[int]:
    if count == 1:
        return [0]
    return [
        int(n * (length - tile) / (count - 1)) // STRIDE * STRIDE if n < count - 1 else length - tile
        for n in range(count)
    ]
