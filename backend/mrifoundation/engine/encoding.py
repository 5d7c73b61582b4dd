"""A scan as the network sees it: what one forward pass gives, with the way back onto the scan's own grid."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from mrifoundation.volume.adapt import WorkingGrid
from mrifoundation.volume.orientation import CanonicalAxes

TENSORS = ("voxel", "tokens", "share", "pooled")
FORMAT = 3  # of the stored encoding; also raised when adaptation changes, so that old files are not used


def encoding_key(content_hash: str, model_id: str, profile: str) -> str:
    """What an encoding is filed under: the scan's content, the model and the profile decide it entirely."""
    return hashlib.sha256(f"{FORMAT}/{content_hash}/{model_id}/{profile}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Encoding:
    """The result of `Engine.encode`.

    key: content address. profile: fast | standard | fine. scan_hash: of the scan. shape: of the scan [i, j, k]; affine:
    4×4, index → RAS mm.
    grid: the working grid. voxel: float16 [C, x, y, z], one vector a cell of 2×2×2 working voxels.
    tokens: float32 [T, D]; share: float32 [T], real data in each token; pooled: float32 [D], the scan embedding, unit
    length. close_ups: parts of the scan on finer grids of their own, by the place of their names in the network's `close_ups`.
    """

    key: str
    profile: str
    scan_hash: str
    shape: tuple[int, int, int]
    affine: np.ndarray
    grid: WorkingGrid
    voxel: torch.Tensor
    tokens: torch.Tensor
    share: torch.Tensor
    pooled: torch.Tensor
    close_ups: dict[int, "Encoding"] = field(default_factory=dict)

    @property
    def axes(self) -> CanonicalAxes:
        return CanonicalAxes.of(self.affine)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel of the scan, mL."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    @property
    def nbytes(self) -> int:
        own = sum(getattr(self, name).nbytes for name in TENSORS)
        return own + sum(near.nbytes for near in self.close_ups.values())

    def to_file(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON for the disk cache."""
        arrays = {name: getattr(self, name).cpu().numpy() for name in TENSORS}
        about = {
            "key": self.key,
            "profile": self.profile,
            "scan_hash": self.scan_hash,
            "shape": [int(n) for n in self.shape],
            "affine": self.affine.tolist(),
            "grid": {
                "spacing": self.grid.spacing,
                "shape": [int(n) for n in self.grid.shape],
                "start": [float(v) for v in self.grid.start],
                "step": [float(v) for v in self.grid.step],
                "scan_shape": [int(n) for n in self.grid.scan_shape],
            },
        }
        for place, near in self.close_ups.items():
            its_arrays, its_about = near.to_file()
            arrays |= {f"{place}.{name}": array for name, array in its_arrays.items()}
            about.setdefault("close_ups", {})[str(place)] = its_about
        return arrays, about

    @classmethod
    def from_file(cls, arrays: dict[str, np.ndarray], about: dict[str, Any], device: torch.device) -> "Encoding":
        """The inverse of `to_file`; raises KeyError, TypeError or ValueError for content that is no encoding."""
        grid = about["grid"]
        tensors = {name: torch.from_numpy(arrays[name]).to(device) for name in TENSORS}
        working = WorkingGrid(
            float(grid["spacing"]),
            tuple(grid["shape"]),
            np.array(grid["start"]),
            np.array(grid["step"]),
            tuple(grid["scan_shape"]),
        )
        if tensors["voxel"].shape[1:] != tuple(n // 2 for n in working.padded_shape):
            raise ValueError("the features do not fit their grid")
        return cls(
            about["key"],
            about["profile"],
            about["scan_hash"],
            tuple(about["shape"]),
            np.array(about["affine"]),
            working,
            **tensors,
            close_ups={
                int(place): cls.from_file(_under(place, arrays), its_about, device)
                for place, its_about in about.get("close_ups", {}).items()
            },
        )


def _under(place: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: arrays[f"{place}.{name}"] for name in TENSORS}
