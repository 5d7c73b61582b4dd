"""A scan taken slice by slice of someone who moves: its slices do not lie quite above each other, nor are they equally bright."""

from dataclasses import dataclass

import numpy as np
import torch

SLICE_MM = (2.5, 6.0)
MOVED_MM = (0.3, 2.5)  # standard deviation from slice to slice, and between the odd ones and the even ones
UNEVEN = 0.15


@dataclass(frozen=True, eq=False)
class Stack:
    """axis: across its slices. of: which slice each voxel along it belongs to, int [n]. thickness: mm."""

    axis: int
    of: np.ndarray
    thickness: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, shape: tuple[int, int, int], spacing: float) -> "Stack":
        """Of a working grid of `shape` with `spacing` (mm)."""
        axis = int(rng.integers(3))
        count = max(2, round(shape[axis] * spacing / max(spacing, rng.uniform(*SLICE_MM))))
        return cls(axis, np.arange(shape[axis]) * count // shape[axis], shape[axis] * spacing / count)

    def moved(self, rng: np.random.Generator) -> np.ndarray:
        """How far each slice was when its turn came, mm [3, n]. Odd and even ones have their turns one after the other."""
        slices = np.arange(self.of.max() + 1)
        far = rng.uniform(*MOVED_MM)
        apart = rng.normal(0, far, (3, 1)) * (slices % 2) + rng.normal(0, far, (3, len(slices)))
        return apart[:, self.of]

    def brightness(self, rng: np.random.Generator) -> np.ndarray:
        """Of each slice relative to the others, along the axis [n]: what was excited a moment ago gives less."""
        slices = np.arange(self.of.max() + 1)
        return (1 - UNEVEN * (rng.random() * (slices % 2) + 0.5 * rng.random(len(slices))))[self.of]

    def along(self, values: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        """`values` [..., n] as a tensor that broadcasts over [..., X, Y, Z]."""
        values = torch.tensor(values, dtype=like.dtype, device=like.device)
        return values.reshape(*values.shape[:-1], *(-1 if axis == self.axis else 1 for axis in range(3)))
