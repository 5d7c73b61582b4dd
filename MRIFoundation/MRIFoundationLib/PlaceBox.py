"""The box around what a sentence of a report tells of, outlined in the slice views. Main thread only; no Qt."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util

from .ReportPlaces import Place
from .Scene import transform_to_world

_COLOUR = (0.55, 0.75, 0.9)
_LEAST_MM = 1e-3  # a box of no extent has no axes


class PlaceBox:
    """At most one markups ROI. It is nothing of the person's: it stays out of lists and saved scenes, and cannot be dragged."""

    def __init__(self):
        self._node = None

    def show(self, place: Place, scan) -> None:
        """Outline a place, in world RAS mm, of this scan in place of the one before; none where its box is not known."""
        if not place.box:
            self.remove()
            return
        size, to_local = _extent(place.moved(np.linalg.inv(transform_to_world(scan))))
        if not self._is_there():
            self._node = _made()
        self._node.SetName(place.structure or place.sentence)
        self._node.SetAndObserveTransformNodeID(scan.GetTransformNodeID())
        self._node.SetSize(*size)
        self._node.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(to_local))
        self._node.SetNthControlPointVisibility(0, False)  # the dot in its middle

    def follow(self, scan) -> None:
        """Stay on the scan when it came under another transform; None for no scan takes the outline away."""
        parent = scan.GetParentTransformNode() if scan else None
        if scan is None or (parent and not parent.IsTransformToWorldLinear()):  # no box is a box after that
            self.remove()
        elif self._is_there():
            self._node.SetAndObserveTransformNodeID(scan.GetTransformNodeID())

    def remove(self) -> None:
        """Take the outline away, if there is one."""
        node, self._node = self._node, None  # first, since taking a node out of the scene refreshes
        if node is not None and slicer.mrmlScene.IsNodePresent(node):
            slicer.mrmlScene.RemoveNode(node)

    def _is_there(self) -> bool:
        return self._node is not None and bool(slicer.mrmlScene.IsNodePresent(self._node))


def _extent(place: Place) -> tuple[np.ndarray, np.ndarray]:
    """Size [3], and the 4×4 matrix from the axes of the box to where its corners are told in."""
    corner, *neighbours = np.array(place.box)
    edges = np.array(neighbours) - corner
    size = np.maximum(np.linalg.norm(edges, axis=1), _LEAST_MM)
    matrix = np.eye(4)
    matrix[:3, :3] = (edges / size[:, None]).T
    matrix[:3, 3] = corner + edges.sum(axis=0) / 2
    return size, matrix


def _added():
    """A new markups ROI of the scene. Slicer makes each new markup the one that a person places points in next: that stays as it was."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    placed = selection.GetActivePlaceNodeID(), selection.GetActivePlaceNodeClassName()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode")
    selection.SetActivePlaceNodeID(placed[0])
    selection.SetActivePlaceNodeClassName(placed[1])
    return node


def _made():
    node = _added()
    node.SetHideFromEditors(True)
    node.SetLocked(True)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    for kept in (node, display):
        kept.SetSaveWithScene(False)  # a loaded scene would show it without any way to take it away
    display.SetColor(*_COLOUR)
    display.SetSelectedColor(*_COLOUR)
    display.SetFillVisibility(False)
    display.SetHandlesInteractive(False)
    display.SetVisibility3D(False)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)  # the name would hide the structure, and stands in the chosen line
    return node
