"""Heat maps over the scans of the scene: a volume in the foreground of the slice views. Main thread only; no Qt."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util

from .Scene import transform_to_world
from .VoxelBox import VoxelBox

_COLOURS = "vtkMRMLColorTableNodeIron"
_OPACITY = 0.55
_FAINTEST = 0.15
_ATTRIBUTE = "MRIFoundation.HeatMap"
_covered: dict[str, tuple[str | None, float]] = {}
"""By the id of a slice view's composite node: the volume that a heat map lies in the place of, and its opacity."""


def add(volume, box: VoxelBox, name: str):
    """A volume node with the values 0 to 1 of `box`, in its place on `volume` and under the same transform."""
    to_local = np.linalg.inv(transform_to_world(volume)) @ box.box_affine()
    voxels = np.ascontiguousarray(box.voxels.transpose(2, 1, 0), np.float32)
    node = slicer.util.addVolumeFromArray(voxels, slicer.util.vtkMatrixFromArray(to_local), name)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    node.SetAttribute(_ATTRIBUTE, "1")
    node.SetHideFromEditors(True)
    node.CreateDefaultDisplayNodes()
    for kept in (node, node.GetDisplayNode()):
        kept.SetSaveWithScene(False)  # a loaded scene would show it without any button to take it away
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_COLOURS)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, 1.0)
    display.SetInterpolate(True)
    display.SetThreshold(_FAINTEST, 1.0)
    display.SetApplyThreshold(True)
    return node


def show(scene, volume, heat_map) -> None:
    """Lay the heat map over `volume` in every slice view that has it in the background; None takes the one that lies
    there away, and what was there before comes back."""
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", scene):
        if composite.GetBackgroundVolumeID() == volume.GetID():
            if heat_map:
                _cover(composite, heat_map)
            else:
                _uncover(composite)


def remove(scene, *heat_maps) -> None:
    """Take heat maps out of the views and the scene; None and those that are gone already are no mistake."""
    for node in heat_maps:
        if node is not None and scene.IsNodePresent(node):
            for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", scene):
                if composite.GetForegroundVolumeID() == node.GetID():
                    _uncover(composite)
            scene.RemoveNode(node)


def _cover(composite, heat_map) -> None:
    if not _lies_under(composite):
        _covered[composite.GetID()] = composite.GetForegroundVolumeID(), composite.GetForegroundOpacity()
    composite.SetForegroundVolumeID(heat_map.GetID())
    composite.SetForegroundOpacity(_OPACITY)


def _uncover(composite) -> None:
    if _lies_under(composite):
        volume, opacity = _covered.pop(composite.GetID(), (None, 0.0))
        is_there = bool(volume) and composite.GetScene().GetNodeByID(volume) is not None
        composite.SetForegroundVolumeID(volume if is_there else None)
        composite.SetForegroundOpacity(opacity if is_there else 0.0)


def _lies_under(composite) -> bool:
    shown = composite.GetScene().GetNodeByID(composite.GetForegroundVolumeID() or "")
    return shown is not None and bool(shown.GetAttribute(_ATTRIBUTE))
