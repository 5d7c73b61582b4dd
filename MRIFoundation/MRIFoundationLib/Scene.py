"""MRML volumes as arrays: what the backend gets from the scene. Main thread only; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util
import vtk

from .Failures import BackendError


@dataclass(frozen=True)
class VolumeKey:
    """What must be the same for a scan that was sent to need no sending again: node, voxels and place in the world."""

    node: str
    modified: int
    affine: bytes


def world_affine(volume) -> np.ndarray:
    """The 4×4 matrix from index (i, j, k) to world RAS mm of a volume node, its parent transforms included.

    Raises BackendError under a non-linear transform, which no matrix can tell.
    """
    to_local = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(to_local)
    return transform_to_world(volume) @ slicer.util.arrayFromVTKMatrix(to_local)


def transform_to_world(node) -> np.ndarray:
    """The 4×4 matrix of all parent transforms of a node, the identity when it has none; BackendError when not
    linear."""
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise BackendError(
            f"'{node.GetName()}' is under a non-linear transform: harden the transform first (right click in "
            f"the Data module)."
        )
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def volume_key(volume) -> VolumeKey:
    """Tells whether a volume still is what was sent. Renaming it or changing its display changes nothing here."""
    image = volume.GetImageData()
    if image is None:
        raise BackendError(f"'{volume.GetName()}' holds no image: load a scan first.")
    return VolumeKey(volume.GetID(), image.GetMTime(), world_affine(volume).tobytes())


def voxels_of(volume) -> np.ndarray:
    """A copy of the voxels, [k, j, i] as MRML holds them, so that a thread may read it while the scene goes on
    changing."""
    voxels = slicer.util.arrayFromVolume(volume)
    if voxels.ndim != 3:
        raise BackendError(f"'{volume.GetName()}' has several values a voxel: choose a scalar volume.")
    return voxels.copy()


def jump_slices(scene, center_ras_mm) -> None:
    """Move all slice views to a point in world RAS mm."""
    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, *center_ras_mm)
    crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair:
        crosshair.SetCrosshairRAS(*center_ras_mm)
