"""MRML volumes as arrays: what the backend gets from the scene. Main thread only; no Qt."""

from __future__ import annotations

import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import slicer
import slicer.util
import vtk
from slicer.i18n import tr as _

from .Failures import BackendError
from .VoxelBox import VoxelBox

CASE = "MRIFoundation.Case"
"""The attribute of a volume node that tells which case of the library it is."""

_contents: dict[str, tuple[int, str]] = {}
"""By the id of a volume node: when its image was modified last, and the checksum of its voxels then."""


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
        words = _(
            "'{name}' is under a non-linear transform: harden the transform first (right click in the Data module)."
        )
        raise BackendError(words.format(name=node.GetName()))
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def volume_key(volume) -> VolumeKey:
    """Tells whether a volume still is what was sent. Renaming it or changing its display changes nothing here."""
    image = volume.GetImageData()
    if image is None:
        raise BackendError(_("'{name}' holds no image: load a scan first.").format(name=volume.GetName()))
    return VolumeKey(volume.GetID(), image.GetMTime(), world_affine(volume).tobytes())


def content_of(volume) -> str:
    """A checksum of the voxels, "" where there are none: unlike the key it is the same for a time point that is come back to, of which
    the sequence browser makes a new copy each time, and in a saved scene."""
    image = volume.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None:
        return ""
    known = _contents.get(volume.GetID(), (0, ""))
    if known[0] != image.GetMTime():
        voxels = np.ascontiguousarray(slicer.util.arrayFromVolume(volume))
        known = _contents[volume.GetID()] = image.GetMTime(), f"{voxels.shape} {zlib.crc32(voxels):08x}"
    return known[1]


def voxels_of(volume) -> np.ndarray:
    """A copy of the voxels, [k, j, i] as MRML holds them, so that a thread may read it while the scene goes on
    changing."""
    voxels = slicer.util.arrayFromVolume(volume)
    if voxels.ndim != 3:
        words = _("'{name}' has several values a voxel: choose a scalar volume.")
        raise BackendError(words.format(name=volume.GetName()))
    return voxels.copy()


def add_case(scene, path: str, name: str, case: str):
    """Add the fetched NIfTI file of a case as a volume node; its file, in a folder of its own, is removed."""
    volume = slicer.modules.volumes.logic().AddArchetypeVolume(path, name)
    shutil.rmtree(Path(path).parent, ignore_errors=True)
    if volume is None:
        words = _("The scan of '{name}' cannot be read: the backend sent no usable NIfTI file.")
        raise BackendError(words.format(name=name))
    volume.SetAttribute(CASE, case)
    if volume.GetStorageNode():
        scene.RemoveNode(volume.GetStorageNode())  # its file is gone: the scene saves it anew
    return volume


def case_volume(scene, case: str):
    """The volume node that a case was loaded into, None when there is none."""
    return next(
        (
            node
            for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", scene)
            if node.GetAttribute(CASE) == case
        ),
        None,
    )


def show_volume(volume) -> None:
    """Put a volume into the background of the slice views."""
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetActiveVolumeID(volume.GetID())
    logic.PropagateVolumeSelection(1)


def segment_mask(segmentation, segment: str, volume) -> VoxelBox:
    """Where a segment is, as the smallest bool box on the grid of `volume`; BackendError when it is empty there."""
    full = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, volume).transpose(2, 1, 0) > 0
    if not full.any():
        raise BackendError(_("The marked segment has no voxel on this scan: mark another one."))
    box = tuple(filled(full, axis) for axis in range(3))
    start = tuple(part.start for part in box)
    return VoxelBox(full[box], start, full.shape, world_affine(volume))


def filled(mask: np.ndarray, axis: int) -> slice:
    """From the first to the last plane of a mask that has any voxel."""
    others = tuple(other for other in range(3) if other != axis)
    filled = np.flatnonzero(mask.any(axis=others))
    return slice(int(filled[0]), int(filled[-1]) + 1)


def jump_slices(scene, center_ras_mm) -> None:
    """Move all slice views to a point in world RAS mm."""
    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, *center_ras_mm)
    crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair:
        crosshair.SetCrosshairRAS(*center_ras_mm)
