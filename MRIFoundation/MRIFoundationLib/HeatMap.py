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


def add(volume, box: VoxelBox, name: str):
    """A volume node with the values 0 to 1 of `box`, in its place on `volume` and under the same transform."""
    to_local = np.linalg.inv(transform_to_world(volume)) @ box.box_affine()
    voxels = np.ascontiguousarray(box.voxels.transpose(2, 1, 0), np.float32)
    node = slicer.util.addVolumeFromArray(voxels, slicer.util.vtkMatrixFromArray(to_local), name)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    node.SetHideFromEditors(True)
    node.CreateDefaultDisplayNodes()
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
    there away."""
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", scene):
        if composite.GetBackgroundVolumeID() == volume.GetID():
            composite.SetForegroundVolumeID(heat_map.GetID() if heat_map else None)
            composite.SetForegroundOpacity(_OPACITY if heat_map else 0.0)


def remove(scene, *heat_maps) -> None:
    """Take heat maps out of the views and the scene; None and those that are gone already are no mistake."""
    for node in heat_maps:
        if node is not None and scene.IsNodePresent(node):
            for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", scene):
                if composite.GetForegroundVolumeID() == node.GetID():
                    composite.SetForegroundVolumeID(None)
                    composite.SetForegroundOpacity(0.0)
            scene.RemoveNode(node)
