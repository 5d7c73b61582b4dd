"""Two scans above each other in linked slice views, axial, sagittal and coronal. Main thread only; no Qt."""

from __future__ import annotations

import slicer
import slicer.util

LAYOUT = 7413
"""A number of our own among Slicer's layouts."""

_GROUP = 741
_PLANES = ("Axial", "Sagittal", "Coronal")
_COLOURS = {"Query": "#4A90D9", "Hit": "#E8A33D"}
_LABELS = {"Query": "Q", "Hit": "H"}


def show(scene, query, hit) -> int:
    """Show `query` above and `hit` below; gives the layout that was there before, for `leave`."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    before = layout.GetViewArrangement()
    if before == LAYOUT:  # left over from a scene that was closed while two scans stood beside each other
        before = layout.SlicerLayoutFourUpView
    if not layout.IsLayoutDescription(LAYOUT):
        layout.AddLayoutDescription(LAYOUT, _description())
    layout.SetViewArrangement(LAYOUT)
    for row, volume in (("Query", query), ("Hit", hit)):
        for plane in _PLANES:
            composite = composite_node(scene, row, plane) or _new_composite(scene, row + plane)
            composite.SetBackgroundVolumeID(volume.GetID())
            composite.SetLinkedControl(True)
    for plane in _PLANES:
        _place(scene, plane)
    return before


def leave(scene, before: int) -> None:
    """Go back to the layout of before, unless another one was chosen meanwhile."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout and layout.GetViewArrangement() == LAYOUT:
        layout.SetViewArrangement(before)


def slice_node(scene, row: str, plane: str):
    """The slice node of a view: row "Query" or "Hit", plane "Axial", "Sagittal" or "Coronal"."""
    return _named(scene, "vtkMRMLSliceNode", row + plane)


def composite_node(scene, row: str, plane: str):
    """What lies in such a view: background, foreground, links."""
    return _named(scene, "vtkMRMLSliceCompositeNode", row + plane)


def _place(scene, plane: str) -> None:
    """Fit the upper view to its scan, and give the lower one the same plane and the same scale."""
    upper, lower = slice_node(scene, "Query", plane), slice_node(scene, "Hit", plane)
    upper.SetOrientation(plane)
    logic = slicer.app.applicationLogic().GetSliceLogic(upper)
    if logic:
        logic.FitSliceToBackground()
    lower.GetSliceToRAS().DeepCopy(upper.GetSliceToRAS())
    lower.SetFieldOfView(*upper.GetFieldOfView())
    lower.UpdateMatrices()


def _named(scene, kind: str, name: str):
    """The node of a view; each view of a layout has a name of its own."""
    return next((node for node in slicer.util.getNodesByClass(kind, scene) if node.GetLayoutName() == name), None)


def _new_composite(scene, name: str):
    """The composite node of a slice view, which Slicer's view takes over when it is made later."""
    composite = slicer.vtkMRMLSliceCompositeNode()
    composite.SetLayoutName(name)
    return scene.AddNode(composite)


def _description() -> str:
    rows = "".join(
        f'<item><layout type="horizontal">{"".join(_view(row, plane) for plane in _PLANES)}</layout></item>'
        for row in ("Query", "Hit")
    )
    return f'<layout type="vertical" split="true">{rows}</layout>'


def _view(row: str, plane: str) -> str:
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{row}{plane}">'
        f'<property name="orientation" action="default">{plane}</property>'
        f'<property name="viewlabel" action="default">{_LABELS[row]}{plane[0]}</property>'
        f'<property name="viewcolor" action="default">{_COLOURS[row]}</property>'
        f'<property name="viewgroup" action="default">{_GROUP}</property></view></item>'
    )
