"""Array axes in canonical order: the first index grows to the patient's right, the second to the front, the third upward."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np


@dataclass(frozen=True)
class CanonicalAxes:
    """The flips and the permutation that bring an array to the canonical axes closest to its own (nibabel orientation code)."""

    code: np.ndarray  # [3, 2]: for each array axis the canonical axis it becomes and its direction

    @classmethod
    def of(cls, affine: np.ndarray) -> "CanonicalAxes":
        return cls(nib.orientations.io_orientation(affine))

    def apply(self, array: np.ndarray) -> np.ndarray:
        """A view of `array` [i, j, k] in canonical order."""
        return nib.orientations.apply_orientation(array, self.code)

    def undo(self, array: np.ndarray) -> np.ndarray:
        """A view of a canonical `array` in the original order."""
        back = nib.orientations.ornt_transform(nib.orientations.axcodes2ornt("RAS"), self.code)
        return nib.orientations.apply_orientation(array, back)

    def affine(self, affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
        """The affine of the canonical view of an array with this `affine` and (original) `shape`."""
        return affine @ nib.orientations.inv_ornt_aff(self.code, shape)
