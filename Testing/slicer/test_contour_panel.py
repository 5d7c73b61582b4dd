"""The Contour section, driven as a person would, on real MRML against a real backend."""

import numpy as np
import pytest
from volumes import add_volume

LARGE, SMALL = (12, 22, 18), (31, 20, 17)  # middles of the two balls, in voxels


@pytest.fixture
def balls(scene, oblique_affine):
    """Two bright balls in a noisy ground, oblique and anisotropic."""
    voxels = np.random.default_rng(5).normal(100, 8, (40, 44, 36))
    for middle, radius in ((LARGE, 14), (SMALL, 10)):
        away = (np.indices(voxels.shape).transpose(1, 2, 3, 0) - middle) * (2.0, 2.5, 3.0)
        voxels[np.linalg.norm(away, axis=-1) <= radius] += 150
    return add_volume("balls", voxels.astype(np.int16), oblique_affine)


@pytest.fixture
def contour(connected, balls):
    """The module with its Contour section open on the balls."""
    connected.ui.scanSelector.setCurrentNode(balls)
    connected.ui.contourSection.collapsed = False
    return connected


@pytest.fixture
def by_hand(contour):
    """The set 'brain' chosen, an organ of it that the backend does not know, and that organ's row."""
    choose_set(contour, "brain")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    choose(contour, "optic chiasm")
    return contour


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
    return label.text if label.visible else ""


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


def test_a_set_of_organs_comes_in_one_pass_and_the_rest_is_listed_to_be_drawn_by_hand(contour):
    choose_set(contour, "abdomen")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    names = cells(contour, 1)
    assert {"liver", "left kidney", "right kidney", "spleen"} <= set(names)
    hand = [name for name, decision in zip(names, cells(contour, 4), strict=True) if decision == "by hand"]
    assert "stomach" in hand and segmentation(contour).GetSegmentation().GetSegment("stomach") is None
    assert "drawn by hand" in message(contour) and "stomach" in message(contour)
    found = [name for name in names if name not in hand]
    assert found and all(row(contour, name)[3].startswith("±") for name in found), "the borders were checked as well"


def test_one_key_draws_an_organ_that_the_backend_does_not_know(by_hand, balls, client):
    click(by_hand, balls, LARGE)
    drawn, truth = voxels(by_hand, balls, "optic chiasm"), np.zeros((40, 44, 36), bool)
    truth[:22] = (slicer_array(balls) > 180)[:22]
    assert 2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()) > 0.9
    np.testing.assert_array_equal(drawn, at_backend(client, by_hand, "optic chiasm"))
    millilitres = drawn.sum() * 15 / 1000
    assert abs(float(row(by_hand, "optic chiasm")[2]) - millilitres) < 0.06 and points("positive") == [1]


def slicer_array(volume):
    import slicer

    return slicer.util.arrayFromVolume(volume).transpose(2, 1, 0)


def test_a_correction_changes_only_its_box_and_no_other_segment(contour, balls, client):
    choose_set(contour, "abdomen")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    known = [name for name in cells(contour, 1) if row(contour, name)[4] != "by hand"]
    before, name = {name: voxels(contour, balls, name) for name in known}, known[-1]
    assert len(known) > 1
    choose(contour, name)
    inside = tuple(np.argwhere(before[name])[before[name].sum() // 2])
    beside = tuple(np.argwhere(before[known[0]])[before[known[0]].sum() // 2])
    for voxel, sign in ((inside, -1), (beside, 1)):
        click(contour, balls, voxel, sign)
        after = voxels(contour, balls, name)
        assert after[voxel] == (sign > 0) and (after != before[name]).any()
        np.testing.assert_array_equal(after, at_backend(client, contour, name))
        for other in known[:-1]:
            np.testing.assert_array_equal(voxels(contour, balls, other), before[other], err_msg=other)


def test_undo_and_redo_go_back_and_forth_with_the_points(by_hand, balls):
    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    click(by_hand, balls, SMALL)
    two = voxels(by_hand, balls, "optic chiasm")
    assert (one != two).any() and points("positive") == [1, 1]
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), one)
    assert points("positive") == [1, 0]
    by_hand.contourPanel.ui.redoButton.click()
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), two)
    press(by_hand, "U")
    wait(by_hand)
    click(by_hand, balls, (5, 5, 5), -1)
    assert points("positive") == [1] and points("negative") == [1], "what was undone is forgotten after a new mark"
    for _ in range(3):
        press(by_hand, "U")
        wait(by_hand)
    assert "nothing to undo" in message(by_hand) and not voxels(by_hand, balls, "optic chiasm").any()


def test_clicks_made_while_another_is_worked_on_are_all_taken(by_hand, balls, client):
    from MRIFoundationLib.ContourSegments import state_of

    for voxel, sign in ((LARGE, 1), (SMALL, 1), ((4, 4, 4), -1), ((35, 35, 30), -1)):
        point_at(by_hand, balls, voxel, sign)
    wait(by_hand)
    assert state_of(segmentation(by_hand), "optic chiasm")["position"] == 4
    assert points("positive") == [1, 1] and points("negative") == [1, 1]
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), at_backend(client, by_hand, "optic chiasm"))


def test_what_the_segment_editor_did_meanwhile_is_kept_and_can_be_undone(by_hand, balls, client):
    click(by_hand, balls, LARGE)
    drawn = voxels(by_hand, balls, "optic chiasm")
    edit_beside(by_hand, "optic chiasm", np.s_[:, :, :4])
    erased = voxels(by_hand, balls, "optic chiasm")
    gone = drawn & ~erased
    assert gone.any()
    by_hand.contourPanel.refresh()
    assert row(by_hand, "optic chiasm")[4] == "edited"
    click(by_hand, balls, SMALL)
    after = voxels(by_hand, balls, "optic chiasm")
    assert after[SMALL] and not (after & gone).any()
    np.testing.assert_array_equal(after, at_backend(client, by_hand, "optic chiasm"))
    for expected in (erased, drawn):
        press(by_hand, "U")
        wait(by_hand)
        np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), expected)


def test_a_point_outside_the_scan_is_refused_in_words_and_goes(by_hand, balls):
    click(by_hand, balls, (200, 0, 0))
    assert "outside the volume" in message(by_hand) and points("positive") == []
    click(by_hand, balls, LARGE)
    assert voxels(by_hand, balls, "optic chiasm")[LARGE] and message(by_hand) == ""


def test_without_a_chosen_contour_a_point_is_refused_in_words(contour, balls):
    contour.contourPanel._points.node(True).AddControlPointWorld(0.0, 0.0, 0.0)
    assert "Choose a scan and a contour" in message(contour) and points("positive") == []


def test_a_pressed_button_places_points_by_mouse(by_hand):
    import slicer

    ui, interaction = by_hand.contourPanel.ui, slicer.app.applicationLogic().GetInteractionNode()
    ui.positiveButton.click()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    ui.negativeButton.click()
    node = slicer.mrmlScene.GetNodeByID(slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID())
    assert node.GetAttribute("MRIFoundation.Points") == "negative" and not ui.positiveButton.checked
    by_hand.ui.contourSection.collapsed = True
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform and not ui.negativeButton.checked


def test_keys_are_heard_only_while_the_section_is_open(by_hand):
    def heard():
        return {shortcut.enabled for shortcut in by_hand.contourPanel.keys._shortcuts}

    assert heard() == {True}
    by_hand.exit()
    assert heard() == {False}
    by_hand.enter()
    assert heard() == {True}
    by_hand.ui.segmentSection.collapsed = False
    assert heard() == {False}


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


def test_post_processing_is_a_step_that_can_be_undone(by_hand, balls):
    click(by_hand, balls, LARGE)
    before, ui = voxels(by_hand, balls, "optic chiasm"), by_hand.contourPanel.ui
    ui.operationCombo.currentIndex = ui.operationCombo.findData("grow")
    ui.widthSpin.value = 4.0
    ui.operationButton.click()
    wait(by_hand)
    after = voxels(by_hand, balls, "optic chiasm")
    assert after[before].all() and after.sum() > 1.3 * before.sum()
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), before)


def test_another_contour_can_be_taken_away(by_hand, balls):
    click(by_hand, balls, LARGE)
    choose(by_hand, "pituitary gland")
    click(by_hand, balls, LARGE)
    click(by_hand, balls, SMALL)
    both, ui = voxels(by_hand, balls, "pituitary gland"), by_hand.contourPanel.ui
    ui.operationCombo.currentIndex = ui.operationCombo.findData("difference")
    ui.otherCombo.currentIndex = ui.otherCombo.findData("optic chiasm")
    ui.operationButton.click()
    wait(by_hand)
    expected = both & ~voxels(by_hand, balls, "optic chiasm")
    np.testing.assert_array_equal(voxels(by_hand, balls, "pituitary gland"), expected)


def test_undo_works_after_a_restart_of_the_backend(by_hand, balls, backend):
    from double.events import wait_until

    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    click(by_hand, balls, SMALL)
    backend.kill()
    press(by_hand, "U")
    wait(by_hand)
    assert message(by_hand), "a backend that is gone is told"
    backend.start()
    by_hand.backendPanel.ui.testButton.click()
    wait_until(lambda: by_hand.connection.connected)
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), one)


def test_a_backend_that_lost_the_contour_goes_on_from_what_is_shown(by_hand, balls, backend, own_folders, client):
    import shutil

    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    backend.kill()
    shutil.rmtree(own_folders / "cache", ignore_errors=True)
    backend.start()
    click(by_hand, balls, SMALL)
    two = voxels(by_hand, balls, "optic chiasm")
    assert two[SMALL] and two[LARGE] and (two & one).sum() > 0.9 * one.sum()
    np.testing.assert_array_equal(two, at_backend(client, by_hand, "optic chiasm"))


def test_contours_go_out_to_a_file_and_come_back(by_hand, balls, tmp_path):
    click(by_hand, balls, LARGE)
    drawn, ui = voxels(by_hand, balls, "optic chiasm"), by_hand.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData("seg.nrrd")
    ui.exportPath.currentPath = str(tmp_path / "contours.seg.nrrd")
    unwanted = [name for name in cells(by_hand, 1) if segmentation(by_hand).GetSegmentation().GetSegment(name)]
    for name in unwanted:
        if name != "optic chiasm":
            segmentation(by_hand).GetSegmentation().RemoveSegment(name)
    ui.exportButton.click()
    wait(by_hand)
    assert "Written" in message(by_hand), message(by_hand)
    ui.importPath.currentPath = str(tmp_path / "contours.seg.nrrd")
    ui.importButton.click()
    wait(by_hand)
    [name] = [name for name in cells(by_hand, 1) if name.startswith("optic chiasm") and name != "optic chiasm"]
    np.testing.assert_array_equal(voxels(by_hand, balls, name), drawn)


def test_rtstruct_without_a_series_says_what_it_needs(by_hand, balls, tmp_path):
    click(by_hand, balls, LARGE)
    ui = by_hand.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData("rtstruct")
    ui.exportPath.currentPath = str(tmp_path / "contours.dcm")
    ui.exportButton.click()
    wait(by_hand)
    assert "series" in message(by_hand).lower() and not (tmp_path / "contours.dcm").exists()


def test_closing_the_scene_leaves_nothing_behind(by_hand, balls):
    import slicer
    from double.events import spin

    point_at(by_hand, balls, LARGE, 1)
    slicer.mrmlScene.Clear()
    spin(1000)
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode") is None
    assert cells(by_hand, 1) == [] and not by_hand.contourPanel._actions.busy
