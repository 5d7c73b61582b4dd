"""The review list and the decisions."""

import numpy as np
from contour_driver import LARGE, SMALL, choose_set, click, edit_beside, press, row, segmentation, voxels, wait


def test_the_review_list_goes_from_slice_to_slice(contour, balls):
    import slicer
    from MRIFoundationLib.Scene import world_affine

    red = slicer.vtkMRMLSliceNode()
    red.SetLayoutName("Red")
    red.SetOrientation("Axial")
    red = slicer.mrmlScene.AddNode(red)
    choose_set(contour, "abdomen")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    panel, view = contour.contourPanel, contour.contourPanel.ui.sliceList
    count = view.count
    assert count > 3 and panel._slices.left == count
    press(contour, ".")
    press(contour, ".")
    assert view.currentRow == 1 and panel._slices.left == count - 2
    text = view.item(1).text()
    name, number = text.split(" ", 1)[1].split(",")[0], int(text.split("slice ")[1].split(":")[0])
    assert contour.contourPanel.parameters.contour == name
    slices = voxels(contour, balls, name)[:, :, number - 1]
    assert slices.any(), "the slice shows the contour"
    middle = world_affine(balls) @ [*np.argwhere(slices).mean(axis=0), number - 1, 1]
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), middle[2], atol=0.02)
    press(contour, ",")
    assert view.currentRow == 0 and view.item(1).text().startswith("✓")


def test_slices_on_which_a_contour_is_missing_come_before_doubtful_ones(by_hand, balls):
    click(by_hand, balls, LARGE)
    edit_beside(by_hand, "optic chiasm", np.s_[:, :, 3:5])
    filled = np.flatnonzero(voxels(by_hand, balls, "optic chiasm").any(axis=(0, 1)))
    [before] = np.flatnonzero(np.diff(filled) > 1)
    by_hand.contourPanel.ui.checkButton.click()
    wait(by_hand)
    gap = (filled[before] + filled[before + 1]) // 2
    view = by_hand.contourPanel.ui.sliceList
    lines = [view.item(line).text() for line in range(view.count)]
    assert lines[0] == f"• optic chiasm, slice {gap + 1}: no contour here" and all("±" in line for line in lines[1:])
    press(by_hand, ".")
    assert view.item(0).text().startswith("✓") and by_hand.contourPanel.parameters.contour == "optic chiasm"


def test_decisions_are_kept_with_a_name_and_told_when_the_contour_changed(by_hand, balls, client):
    from double.events import beside
    from MRIFoundationLib.ContourCalls import ContourCalls
    from MRIFoundationLib.ContourSegments import state_of

    click(by_hand, balls, LARGE)
    by_hand.contourPanel.ui.reviewerLine.setText("Ada")
    press(by_hand, "Shift+A")
    wait(by_hand)
    assert row(by_hand, "optic chiasm")[4] == "✓ ✎"
    click(by_hand, balls, SMALL)
    assert row(by_hand, "optic chiasm")[4] == "✓ ✎ (changed)"
    by_hand.contourPanel.ui.reviewerLine.setText("")
    by_hand.contourPanel.ui.rejectButton.click()
    wait(by_hand)
    assert row(by_hand, "optic chiasm")[4] == "✗"
    calls = ContourCalls(client, next(iter(by_hand.requests._sent.values())))
    contour = state_of(segmentation(by_hand), "optic chiasm")["segment"]
    trail = beside(lambda: calls.detail(contour)["reviews"])
    assert [(one["verdict"], one["by"]) for one in trail] == [("edited", "Ada"), ("rejected", "")]
