"""Facts that a scan's grid tells: the plane of its slices, and what is unusual about it."""

import numpy as np

from mrifoundation.volume import Scan
from mrifoundation.volume.burnt_in import flags_of_notes

ISOTROPIC = 1.6  # spacing between slices over spacing in plane, below which a scan has no plane of its own
OBLIQUE = 25.0  # degrees between the slices' normal and the nearest axis of the body
PLANES = ("sagittal", "coronal", "axial")  # by the axis that the slices are stacked along: right, front, up
THICK_MM, FEW_SLICES, SMALL_MM = 5.0, 8, 80.0


def plane_of(scan: Scan) -> str:
    """axial, coronal, sagittal or oblique by the direction in which the slices lie apart; "3D" where voxels are nearly cubes."""
    spacing = scan.spacing
    along = int(np.argmax(spacing))
    if spacing[along] < ISOTROPIC * np.median(spacing):
        return "3D"
    normal = np.abs(scan.affine[:3, along] / spacing[along])
    tilt = np.degrees(np.arccos(np.clip(normal.max() / np.linalg.norm(normal), 0, 1)))
    return "oblique" if tilt > OBLIQUE else PLANES[int(np.argmax(normal))]


def quality_flags(scan: Scan) -> list[str]:
    """What is unusual about the grid, had to be mended when the scan was read, or may name the patient, in plain words."""
    extent = scan.spacing * scan.shape
    flags = []
    if scan.spacing.max() >= THICK_MM:
        flags.append("thick slices")
    if scan.shape[int(np.argmax(scan.spacing))] < FEW_SLICES:
        flags.append("few slices")
    if np.sort(extent)[1] < SMALL_MM:
        flags.append("small field of view")
    if any("missing" in note for note in scan.notes):
        flags.append("missing slices")
    if np.ptp(scan.voxels) == 0:
        flags.append("constant image")
    return flags + flags_of_notes(scan.notes)
