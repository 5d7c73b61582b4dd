"""Scribbles, boxes and lassos: each a markup while it is drawn, and a mark on a contour once it is finished. Main thread only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import qt
import slicer
import slicer.util

from .ContourPoints import coloured
from .Scene import world_affine

_CLASSES = {
    "scribble": "vtkMRMLMarkupsCurveNode",
    "box": "vtkMRMLMarkupsROINode",
    "lasso": "vtkMRMLMarkupsClosedCurveNode",
}
_LEAST_POINTS = {"scribble": 1, "lasso": 3}


class ContourShapes:
    """At most one markup, of the kind and sign last asked for. `on_drawn(kind, node, positive)` is called when its placement ends as
    Slicer ends it (double click, right click, or with the last point it needs); then it goes: what it did can be seen and undone."""

    def __init__(self, on_drawn: Callable):
        self._on_drawn = on_drawn
        self._node = self._kind = self._observed = None
        self._positive = True

    def place_by_mouse(self, kind: str, positive: bool) -> None:
        """From now on clicks in a view draw a shape."""
        self.give_up()
        logic = slicer.app.applicationLogic()
        interaction, selection = logic.GetInteractionNode(), logic.GetSelectionNode()
        self._node, self._kind, self._positive = _made(kind, positive), kind, positive
        selection.SetReferenceActivePlaceNodeClassName(self._node.GetClassName())
        selection.SetActivePlaceNodeID(self._node.GetID())
        interaction.SetPlaceModePersistence(0)
        interaction.SetCurrentInteractionMode(interaction.Place)
        event = slicer.vtkMRMLInteractionNode.InteractionModeChangedEvent
        self._observed = (interaction, interaction.AddObserver(event, self._changed))

    def give_up(self) -> None:
        """What is being drawn is not wanted any more."""
        self._hear_no_more()
        node, self._node = self._node, None  # first, since taking a node out of the scene refreshes
        if node is not None and slicer.mrmlScene.IsNodePresent(node):
            slicer.mrmlScene.RemoveNode(node)

    def _hear_no_more(self) -> None:
        if self._observed:
            interaction, tag = self._observed
            interaction.RemoveObserver(tag)
            self._observed = None

    def _changed(self, interaction, _event) -> None:
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self._hear_no_more()
            node = self._node
            # The view that ended the placement still works on the markup.
            qt.QTimer.singleShot(0, lambda: self._finished(node))

    def _finished(self, node) -> None:
        if node is not self._node or not slicer.mrmlScene.IsNodePresent(node):
            return
        try:
            self._on_drawn(self._kind if _is_complete(self._kind, node) else "", node, self._positive)
        finally:
            if self._node is node:
                self.give_up()


def _is_complete(kind: str, node) -> bool:
    if kind == "box":  # of whose two corners it makes one point, its middle
        return node.GetControlPointPlacementComplete()
    return node.GetNumberOfDefinedControlPoints() >= _LEAST_POINTS[kind]


def mark(kind: str, node, positive: bool, volume) -> dict:
    """A finished shape as the service takes it; a box as far as it lies in the volume, from its first to its last voxel."""
    if kind == "box":
        return {"kind": kind, "points": _voxel_corners(node, volume), "positive": positive, "space": "index"}
    line = slicer.util.arrayFromMarkupsCurvePoints(node, world=True)
    if len(line) < node.GetNumberOfControlPoints():  # a single point is no curve
        line = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
    return {"kind": kind, "points": np.asarray(line).tolist(), "positive": positive}


def _voxel_corners(node, volume) -> list[list[float]]:
    size = np.array(node.GetSize())
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size
    box_to_world = slicer.util.arrayFromVTKMatrix(node.GetObjectToWorldMatrix())
    to_voxels = np.linalg.inv(world_affine(volume)) @ box_to_world
    voxels = corners @ to_voxels[:3, :3].T + to_voxels[:3, 3]
    last = np.array(volume.GetImageData().GetDimensions()) - 1
    low, high = voxels.min(axis=0), voxels.max(axis=0)
    if (high < 0).any() or (low > last).any():
        return [low.tolist(), high.tolist()]  # the service says that it lies outside
    return [np.maximum(low, 0).tolist(), np.minimum(high, last).tolist()]


def _made(kind: str, positive: bool):
    node = slicer.mrmlScene.AddNewNodeByClass(_CLASSES[kind], kind)
    node.SetSaveWithScene(False)
    coloured(node, positive).SetPropertiesLabelVisibility(False)
    return node
