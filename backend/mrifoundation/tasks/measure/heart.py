"""The heart's function from two segmented phases: ejection fractions, proportions, wall thickness and thickening."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.wall_thickness import Wall, wall_of

LEFT, RIGHT, MUSCLE = (
    "left ventricle cavity of the heart",
    "right ventricle cavity of the heart",
    "left ventricular myocardium",
)
STRUCTURES = (LEFT, RIGHT, MUSCLE)
MUSCLE_DENSITY = 1.05  # g/mL


@dataclass(frozen=True)
class Phase:
    """One phase of the cardiac cycle. Volumes in mL; wall as measured on its short-axis slices."""

    left_ml: float
    right_ml: float
    muscle_ml: float
    wall: Wall


def phase_of(labels: np.ndarray, spacing: np.ndarray, voxel_ml: float) -> Phase:
    """The phase in a label map [i, j, k] with 1, 2, 3 = `STRUCTURES` in their order; spacing mm [3]."""
    left, right, muscle = (labels == value for value in (1, 2, 3))
    volumes = [float(mask.sum()) * voxel_ml for mask in (left, right, muscle)]
    return Phase(*volumes, wall_of(left, muscle, spacing))


@dataclass(frozen=True)
class HeartFunction:
    """What end-diastole and end-systole tell together.

    Ejection fractions 0 to 1; volumes mL; mass g; thickness mm; thickening: relative growth of the mean wall from end-diastole
    to end-systole; unevenness: spread of the wall's thickness at end-systole around the ventricle, relative to its mean.
    """

    left_edv_ml: float
    left_esv_ml: float
    right_edv_ml: float
    right_esv_ml: float
    mass_g: float
    wall_mm: float
    thickest_mm: float
    relative_wall: float
    thickening: float
    unevenness: float

    @property
    def left_ejection(self) -> float:
        return 1 - self.left_esv_ml / self.left_edv_ml

    @property
    def right_ejection(self) -> float:
        return 1 - self.right_esv_ml / self.right_edv_ml

    def proportions(self) -> dict[str, float]:
        """Numbers that hold whatever the voxel size is, so that scans without a known one can be compared."""
        return {
            "left ejection fraction": self.left_ejection,
            "right ejection fraction": self.right_ejection,
            "right to left end-diastolic volume": self.right_edv_ml / self.left_edv_ml,
            "right to left end-systolic volume": self.right_esv_ml / self.left_esv_ml,
            "muscle to left end-diastolic volume": self.mass_g / MUSCLE_DENSITY / self.left_edv_ml,
            "muscle to left end-systolic volume": self.mass_g / MUSCLE_DENSITY / self.left_esv_ml,
            "wall to radius": self.relative_wall,
            "thickest wall to radius": self.relative_wall * self.thickest_mm / self.wall_mm,
            "wall thickening": self.thickening,
            "unevenness of the wall": self.unevenness,
        }


def heart_function(diastole: Phase, systole: Phase) -> HeartFunction:
    """Raises InputError when a chamber is not seen in both phases, the two are in the wrong order, or no slice shows a whole ring."""
    if min(diastole.left_ml, systole.left_ml, diastole.right_ml, systole.right_ml, diastole.muscle_ml) <= 0:
        raise InputError("Both ventricles and the muscle are not seen in both series; give two short-axis cine phases.")
    if diastole.left_ml <= systole.left_ml:
        raise InputError(
            "The left ventricle is not larger in the first series than in the second; give end-diastole first, then end-systole."
        )
    if diastole.right_ml <= systole.right_ml:
        raise InputError(
            "The right ventricle comes out no larger at end-diastole than at end-systole, so its segmentation cannot be trusted; "
            "look at it, or give another pair of phases."
        )
    if not (diastole.wall.measured and systole.wall.measured):
        raise InputError("No slice shows the whole ring of the left ventricle in both series; give short-axis series.")
    thick, thin = diastole.wall.thickness, systole.wall.thickness
    return HeartFunction(
        left_edv_ml=diastole.left_ml,
        left_esv_ml=systole.left_ml,
        right_edv_ml=diastole.right_ml,
        right_esv_ml=systole.right_ml,
        mass_g=diastole.muscle_ml * MUSCLE_DENSITY,
        wall_mm=float(np.nanmean(thick)),
        thickest_mm=float(np.nanpercentile(thick, 95)),
        relative_wall=float(np.nanmean(thick) / diastole.wall.radius.mean()),
        thickening=float(np.nanmean(thin) / np.nanmean(thick) - 1),
        unevenness=float(np.nanmean(np.nanstd(thin, axis=1)) / np.nanmean(thin)),
    )
