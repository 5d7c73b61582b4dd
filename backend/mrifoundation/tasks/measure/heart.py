"""The heart's function from two segmented phases: ejection fractions, volumes, wall thickness and thickening."""

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

    Ejection fractions 0 to 1, None where the segmented chamber does not shrink; volumes mL; mass g; thickness mm; thickening: relative
    growth of the mean wall from end-diastole to end-systole.
    """

    left_edv_ml: float
    left_esv_ml: float
    right_edv_ml: float
    right_esv_ml: float
    mass_g: float
    wall_mm: float
    thickest_mm: float
    thickening: float

    @property
    def left_ejection(self) -> float:
        return 1 - self.left_esv_ml / self.left_edv_ml

    @property
    def right_ejection(self) -> float | None:
        """The right ventricle is the harder one to segment: one that grows in systole is not believed."""
        shrinks = self.right_edv_ml > self.right_esv_ml
        return 1 - self.right_esv_ml / self.right_edv_ml if shrinks else None


def heart_function(diastole: Phase, systole: Phase) -> HeartFunction:
    """Raises InputError when a chamber is not seen in both phases, the two are in the wrong order, or no slice shows a whole ring."""
    if min(diastole.left_ml, systole.left_ml, diastole.right_ml, systole.right_ml, diastole.muscle_ml) <= 0:
        raise InputError("Both ventricles and the muscle are not seen in both series; give two short-axis cine phases.")
    if diastole.left_ml <= systole.left_ml:
        raise InputError(
            "The left ventricle is not larger in the first series than in the second; give end-diastole first, then end-systole."
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
        thickening=float(np.nanmean(thin) / np.nanmean(thick) - 1),
    )
