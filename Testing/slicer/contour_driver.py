"""The Contour section driven as a person would: choosing, clicking, pressing keys, and looking at what came of it."""

import numpy as np

LARGE, SMALL = (12, 22, 18), (31, 20, 17)  # middles of the two balls of the scan, in voxels


def wait(widget):
    from double.events import wait_until

    idle = lambda: not widget.requests.busy and not widget.contourPanel._actions.busy  # noqa: E731
    wait_until(idle, seconds=120, what="the end of the request")


def choose_set(widget, name):
    from double.events import wait_until

    combo = widget.contourPanel.ui.organCombo
    wait_until(lambda: combo.findData(name) >= 0, what="the sets of organs")
    combo.currentIndex = combo.findData(name)


def cells(widget, column):
    table = widget.contourPanel.ui.contourTable
    return [table.item(line, column).text() for line in range(table.rowCount)]


def choose(widget, name):
    widget.contourPanel.ui.contourTable.selectRow(cells(widget, 1).index(name))


def row(widget, name):
    line = cells(widget, 1).index(name)
    return [cells(widget, column)[line] for column in range(5)]


def message(widget):
    label = widget.contourPanel.ui.messageLabel
    return label.text if label.enabled else ""  # else it is the hint


def point_at(widget, volume, voxel, sign):
    """Hold the mouse over a voxel and press P or N."""
    import slicer
    from MRIFoundationLib.Scene import world_affine

    place = world_affine(volume) @ [*voxel, 1.0]
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    crosshair.SetCursorPositionRAS(place[:3].tolist())
    press(widget, "P" if sign > 0 else "N")


def press(widget, key):
    """As a key pressed in the main window."""
    import qt

    [shortcut] = [one for one in widget.contourPanel.keys._shortcuts if one.key == qt.QKeySequence(key)]
    if shortcut.enabled:
        shortcut.activated.emit()


def click(widget, volume, voxel, sign=1):
    point_at(widget, volume, voxel, sign)
    wait(widget)


def segmentation(widget):
    return widget.contourPanel.ui.contourSegmentationSelector.currentNode()


def voxels(widget, volume, name):
    import slicer

    return slicer.util.arrayFromSegmentBinaryLabelmap(segmentation(widget), name, volume).transpose(2, 1, 0) > 0


def slicer_array(volume):
    """Its voxels [i, j, k]."""
    import slicer

    return slicer.util.arrayFromVolume(volume).transpose(2, 1, 0)


def at_backend(client, widget, name):
    """The whole contour as the backend has it."""
    from double.events import beside
    from MRIFoundationLib.ContourSegments import state_of

    contour, scan = state_of(segmentation(widget), name)["segment"], next(iter(widget.requests._sent.values()))

    def fetch():
        box = client._box(f"/v1/volumes/{scan}/refine/{contour}/labels")
        full = np.zeros(box.full_shape, bool)
        full[tuple(slice(a, a + n) for a, n in zip(box.start, box.voxels.shape, strict=True))] = box.voxels > 0
        return full

    return beside(fetch)


def points(sign):
    import slicer

    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    [node] = [node for node in nodes if node.GetAttribute("MRIFoundation.Points") == sign] or [None]
    count = node.GetNumberOfControlPoints() if node else 0
    return [node.GetNthControlPointVisibility(number) for number in range(count)]


def edit_beside(widget, name, box):
    """What Slicer's Segment Editor does when a person erases: the segment's labelmap changes in place."""
    import slicer

    labelmap = slicer.util.arrayFromSegmentInternalBinaryLabelmap(segmentation(widget), name)
    labelmap.transpose(2, 1, 0)[box] = 0
    segmentation(widget).GetSegmentation().GetSegment(name).GetRepresentation("Binary labelmap").Modified()


def choose_mark(widget, kind):
    combo = widget.contourPanel.ui.markCombo
    combo.currentIndex = combo.findData(kind)


def draw(widget, volume, corners, key="P"):
    """Press a key, click at voxels with the mouse, and end the placement as a view does."""
    import slicer
    from double.events import spin
    from MRIFoundationLib.Scene import world_affine

    press(widget, key)
    logic = slicer.app.applicationLogic()
    node = slicer.mrmlScene.GetNodeByID(logic.GetSelectionNode().GetActivePlaceNodeID())
    for voxel in corners:
        node.AddControlPointWorld(*(world_affine(volume) @ [*voxel, 1.0])[:3].tolist())
    interaction = logic.GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    spin(20)
    wait(widget)
