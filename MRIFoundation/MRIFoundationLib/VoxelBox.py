"""A part of a grid with its voxels, as it travels between module and backend. No Qt, no MRML."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class VoxelBox:
    """A box of a grid of `full_shape` with the index → RAS mm `affine`; `voxels` [i, j, k] begins at index `start`."""

    voxels: np.ndarray
    start: tuple[int, int, int]
    full_shape: tuple[int, int, int]
    affine: np.ndarray

    @classmethod
    def from_answer(cls, geometry: str, body: bytes) -> VoxelBox:
        """From the X-Geometry header and the body of an answer; KeyError or ValueError when they do not fit together."""
        told = json.loads(geometry)
        flat = np.frombuffer(body, np.dtype(told["dtype"]).newbyteorder("<"))
        start, full = tuple(told["start"]), tuple(told["full_shape"])
        return cls(flat.reshape(told["shape"]), start, full, np.array(told["affine"], float))

    def geometry(self) -> str:
        """The X-Geometry header under which the voxels are sent in C order."""
        return json.dumps(
            {
                "start": list(self.start),
                "shape": list(self.voxels.shape),
                "full_shape": list(self.full_shape),
                "dtype": self.voxels.dtype.name,
                "affine": np.asarray(self.affine).tolist(),
            }
        )

    def box_affine(self) -> np.ndarray:
        """The 4×4 matrix from an index of the box itself to RAS mm."""
        shift = np.eye(4)
        shift[:3, 3] = self.start
        return self.affine @ shift

    def for_mrml(self) -> VoxelBox:
        """The same box laid out in memory as MRML wants it, i fastest, so that the main thread need not do it."""
        return replace(self, voxels=np.ascontiguousarray(self.voxels.transpose(2, 1, 0)).transpose(2, 1, 0))
