"""An array in the place of a NIfTI file."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np


@dataclass(frozen=True, eq=False)
class InMemory:
    """name: for people. voxels: [i, j, k]. affine: 4×4, index → RAS mm."""

    name: str
    voxels: np.ndarray
    affine: np.ndarray

    def __str__(self) -> str:
        return self.name

    def nifti(self) -> nib.Nifti1Image:
        return nib.Nifti1Image(self.voxels, self.affine)
