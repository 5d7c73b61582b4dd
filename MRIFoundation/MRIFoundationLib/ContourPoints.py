"""Positive and negative points as markups: each is a mark on one segment. Main thread only; no Qt."""

from __future__ import annotations

from collections.abc import Callable

import slicer
import slicer.util
import vtk

SIGN = "MRIFoundation.Points"
"""The attribute of a markups node that tells the sign of its points."""

_SIGNS = {True: "positive", False: "negative"}
COLOURS = {True: (0.1, 0.8, 0.2), False: (0.95, 0.2, 0.15)}
_GLYPH = 2.2
_NEW = "new"


class ContourPoints:
    """The two markups nodes. `on_placed(node, number, positive)` is called for every point that a person places, by click or key.

    A point that was taken as a mark carries in its description the segment and which of its steps it is.
    """

    def __init__(self, on_placed: Callable):
        self._on_placed = on_placed
        self._observed: dict[str, tuple] = {}

    def node(self, positive: bool):
        """The markups node of one sign, made when the scene has none."""
        found = next((node for node in _nodes() if node.GetAttribute(SIGN) == _SIGNS[positive]), None)
        node = found or _made(positive)
        if node.GetID() not in self._observed:
            tag = node.AddObserver(slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent, self._placed)
            self._observed[node.GetID()] = (node, tag)
        return node

    def place_at_cursor(self, positive: bool) -> bool:
        """Place a point where the mouse is over a view; False when it is over none."""
        crosshair, point = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode"), [0.0, 0.0, 0.0]
        if crosshair is None or not crosshair.GetCursorPositionRAS(point):
            return False
        self.node(positive).AddControlPointWorld(vtk.vtkVector3d(*point))
        return True

    def place_by_mouse(self, positive: bool | None) -> None:
        """From now on a click in a view places a point of this sign; None for no longer."""
        logic = slicer.app.applicationLogic()
        interaction = logic.GetInteractionNode()
        if positive is None:
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
            return
        node = self.node(positive)
        selection = logic.GetSelectionNode()
        selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
        selection.SetActivePlaceNodeID(node.GetID())
        interaction.SetPlaceModePersistence(1)
        interaction.SetCurrentInteractionMode(interaction.Place)

    def show(self, segmentation, segment: str, position: int) -> None:
        """Show the points that are marks of this segment and hold now: undone ones and those of other segments are hidden."""
        wanted = _key(segmentation, segment) if segmentation else ""
        for node in _nodes():
            for number in range(node.GetNumberOfControlPoints()):
                key, _, step = node.GetNthControlPointDescription(number).rpartition("#")
                shown = key in ("", _NEW) or (key == wanted and int(step) < position)
                if node.GetNthControlPointVisibility(number) != shown:
                    node.SetNthControlPointVisibility(number, shown)

    def taken(self, node, identifier: str, segmentation, segment: str, step: int) -> None:
        """The point became this step of the segment; what had been undone there is forgotten."""
        self.forget(segmentation, segment, step)
        number = node.GetNthControlPointIndexByID(identifier)
        if number >= 0:
            node.SetNthControlPointDescription(number, f"{_key(segmentation, segment)}#{step}")

    def forget(self, segmentation, segment: str, step: int) -> None:
        """This step of the segment, and those after it, are none of the points any more."""
        key = _key(segmentation, segment)
        for other in _nodes():
            for number in reversed(range(other.GetNumberOfControlPoints())):
                known, _, its_step = other.GetNthControlPointDescription(number).rpartition("#")
                if known == key and int(its_step) >= step:
                    other.RemoveNthControlPoint(number)

    def refuse(self, node, identifier: str) -> None:
        """The point could not be taken as a mark."""
        number = node.GetNthControlPointIndexByID(identifier) if slicer.mrmlScene.IsNodePresent(node) else -1
        if number >= 0:
            node.RemoveNthControlPoint(number)

    def stop(self) -> None:
        """Hear of no more points."""
        for node, tag in self._observed.values():
            node.RemoveObserver(tag)
        self._observed.clear()

    def _placed(self, node, _event) -> None:
        positive = node.GetAttribute(SIGN) == _SIGNS[True]
        for number in range(node.GetNumberOfControlPoints()):
            defined = node.GetNthControlPointPositionStatus(number) == node.PositionDefined
            if defined and not node.GetNthControlPointDescription(number):
                node.SetNthControlPointDescription(number, _NEW + "#0")
                node.SetNthControlPointLabel(number, "+" if positive else "−")
                point = [0.0, 0.0, 0.0]
                node.GetNthControlPointPositionWorld(number, point)
                self._on_placed(node, node.GetNthControlPointID(number), tuple(point), positive)


def _key(segmentation, segment: str) -> str:
    return f"{segmentation.GetID()} {segment}"


def _nodes() -> list:
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    return [node for node in nodes if node.GetAttribute(SIGN)]


def _made(positive: bool):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", f"{_SIGNS[positive]} points")
    node.SetAttribute(SIGN, _SIGNS[positive])
    coloured(node, positive).SetGlyphScale(_GLYPH)
    return node


def coloured(node, positive: bool):
    """Show a new markup in the colour of its sign, without labels of its points; gives its display node."""
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*COLOURS[positive])
    display.SetSelectedColor(*COLOURS[positive])
    display.SetPointLabelsVisibility(False)
    return display
