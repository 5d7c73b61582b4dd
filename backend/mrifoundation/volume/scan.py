"""One scan: voxels and where they lie in the patient."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mrifoundation.errors import InputError


@dataclass(frozen=True, eq=False)
class Scan:
    """A three-dimensional image with its geometry.

    voxels: float32 array [i, j, k]; values that are not finite are replaced by the smallest finite one.
    affine: 4×4 float64, voxel index → RAS millimetres (the third column of the rotation need not be orthogonal).
    name:   a label for people; never a patient's name.
    notes:  plain sentences about what reading had to decide ("4-D file: the first time point is used.").

    Raises InputError when the voxels are not a non-empty 3-D array or the affine cannot be inverted.
    """

    voxels: np.ndarray
    affine: np.ndarray
    name: str = "scan"
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self):
        voxels = np.asarray(self.voxels)
        if voxels.ndim != 3 or voxels.size == 0:
            raise InputError(
                f"'{self.name}' has shape {voxels.shape}; a scan needs three dimensions with at least one voxel each."
            )
        if np.iscomplexobj(voxels):
            raise InputError(f"'{self.name}' holds complex numbers; save its magnitude image and use that.")
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise InputError(
                f"'{self.name}' has no usable geometry (its affine cannot be inverted); set its spacing and orientation."
            )
        object.__setattr__(self, "voxels", _finite(voxels.astype(np.float32, copy=False), self.name))
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.voxels.shape

    @property
    def spacing(self) -> np.ndarray:
        """Distance between neighbouring voxels along each array axis, mm, float64 [3]."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in mL."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over shape, affine (to 1e-6 mm) and voxels: equal content, equal hash, whatever the file was called."""
        digest = hashlib.sha256(repr(self.shape).encode())
        digest.update((np.round(self.affine, 6) + 0.0).astype("<f8").tobytes())
        digest.update(np.ascontiguousarray(self.voxels, dtype="<f4"))
        return digest.hexdigest()


def _finite(voxels: np.ndarray, name: str) -> np.ndarray:
    finite = np.isfinite(voxels)
    if finite.all():
        return voxels
    if not finite.any():
        raise InputError(f"'{name}' holds no finite voxel value; export it again from its source.")
    return np.where(finite, voxels, voxels[finite].min())
