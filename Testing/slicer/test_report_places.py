"""The places that the sentences of a report tell of: slices go there, and an outline shows how far each reaches."""

import numpy as np
import pytest


@pytest.fixture
def told(panel, head):
    """The module with a draft that tells where a structure lies: voxel (10, 20, 15) of the head."""
    from MRIFoundationLib.Reporting import Draft
    from MRIFoundationLib.ReportPlaces import Place
    from MRIFoundationLib.Scene import world_affine

    panel.ui.reportSection.collapsed = False
    panel.ui.scanSelector.setCurrentNode(head)
    place = Place("Liver: 1.20 mL.", (10.0, 20.0, 15.0)).moved(world_affine(head))
    panel.reportPanel._written(Draft("1", "v", "<p>Liver: 1.20 mL.</p>", "<html></html>", (place,)), head)
    return panel


def red_slice():
    import slicer

    red = slicer.vtkMRMLSliceNode()
    red.SetLayoutName("Red")
    red.SetOrientation("Axial")
    return slicer.mrmlScene.AddNode(red)  # the one of this name where the layout has made it already


def height_of(head):
    """The height in RAS mm of the voxel that the draft tells of, where the scan is now."""
    from MRIFoundationLib.Scene import world_affine

    return (world_affine(head) @ [10, 20, 15, 1])[2]


def test_a_sentence_leads_to_what_it_tells_of_wherever_the_scan_is_now(told, head):
    from volumes import add_transform

    red, view = red_slice(), told.reportPanel.ui.placeList
    view.setCurrentRow(0)
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(head))
    lifted = np.eye(4)
    lifted[2, 3] = 40.0
    add_transform(lifted, head)
    view.itemClicked.emit(view.item(0))
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(head))


def test_the_places_of_a_report_come_back_with_the_scene_and_go_when_it_is_closed(told, tmp_path):
    import slicer
    from test_saved_scene import load, save

    save(tmp_path / "scene.mrml")
    slicer.mrmlScene.Clear()
    view = told.reportPanel.ui.placeList
    assert view.count == 0
    load(tmp_path / "scene.mrml")
    assert [view.item(line).text() for line in range(view.count)] == ["Liver: 1.20 mL."]
    red = red_slice()
    view.setCurrentRow(0)
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(told._parameters.reportScan))


def test_no_sentence_leads_into_another_scan_or_one_that_is_gone(told, head):
    import slicer
    from volumes import add_volume

    other = add_volume("other", np.zeros((4, 5, 6), np.int16), np.eye(4))
    told.ui.scanSelector.setCurrentNode(other)
    assert not told.reportPanel.ui.placeList.enabled
    told.ui.scanSelector.setCurrentNode(head)
    assert told.reportPanel.ui.placeList.enabled
    slicer.mrmlScene.RemoveNode(head)
    told.reportPanel.ui.placeList.setCurrentRow(0)
    assert "no longer in the scene" in told.reportPanel.ui.messageLabel.text


SPLEEN, LIVER = ((-6.0, -4.0, -2.0), (6.0, 4.0, 2.0)), ((-20.0, 0.0, 5.0), (-10.0, 30.0, 8.0))
"""Low and high corner in RAS mm."""


@pytest.fixture
def loaded(scene, head_voxels, oblique_affine):
    """The head as Slicer holds it once it was read from a file: its last axis turned round where the axes would be left-handed."""
    from volumes import add_volume

    turn = np.diag([1.0, 1.0, -1.0, 1.0])
    turn[2, 3] = head_voxels.shape[2] - 1
    return add_volume("head", head_voxels[:, :, ::-1], oblique_affine @ turn)


@pytest.fixture
def boxed(panel, loaded):
    """The module with a draft that tells of two structures and how far they reach."""
    from MRIFoundationLib.Reporting import Draft
    from MRIFoundationLib.ReportPlaces import places_of

    places = places_of(two_structures())
    panel.ui.reportSection.collapsed = False
    panel.ui.scanSelector.setCurrentNode(loaded)
    panel.reportPanel._written(Draft("1", "v", "<p>Two.</p>", "<html></html>", tuple(places)), loaded)
    return panel


def two_structures() -> list[dict]:
    told = [("spleen", SPLEEN), ("liver", LIVER)]
    facts = [{"structure": name, "center_ras_mm": list(np.mean(box, 0)), "box_ras_mm": box} for name, box in told]
    return [{"title": "", "sentences": [{"text": f"The {one['structure']}.", "facts": one} for one in facts]}]


def choose(widget, line):
    """Click on a sentence, and the outline that there is then; None for none."""
    view = widget.reportPanel.ui.placeList
    view.setCurrentRow(line)
    view.itemClicked.emit(view.item(line))
    return outline()


def outline():
    import slicer.util

    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")
    assert len(nodes) <= 1
    return nodes[0] if nodes else None


def reach(node) -> np.ndarray:
    """Low and high corner in world RAS mm."""
    bounds = np.zeros(6)
    node.GetRASBounds(bounds)
    return bounds.reshape(3, 2).T


def test_what_a_sentence_tells_of_is_outlined_and_the_next_one_in_its_place(boxed):
    node = choose(boxed, 0)
    assert np.allclose(reach(node), SPLEEN, atol=1e-3) and node.GetName() == "spleen"
    display = node.GetDisplayNode()
    assert not display.GetFillVisibility() and display.GetOutlineVisibility() and display.GetVisibility2D()
    assert not node.GetNthControlPointVisibility(0) and not display.GetPropertiesLabelVisibility()
    assert choose(boxed, 1) is node and np.allclose(reach(node), LIVER, atol=1e-3) and node.GetName() == "liver"


def test_an_outline_is_nothing_of_the_persons(boxed, tmp_path):
    import slicer
    from test_saved_scene import load, save

    selection = slicer.app.applicationLogic().GetSelectionNode()
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    node = choose(boxed, 0)
    assert node.GetLocked() and node.GetHideFromEditors()
    placed = selection.GetActivePlaceNodeID(), selection.GetActivePlaceNodeClassName()
    assert placed == (points.GetID(), points.GetClassName()), "a point that is placed now is the person's"
    save(tmp_path / "scene.mrml")
    assert "MarkupsROI" not in (tmp_path / "scene.mrml").read_text()
    slicer.mrmlScene.Clear()
    assert outline() is None
    load(tmp_path / "scene.mrml")
    assert outline() is None and np.allclose(reach(choose(boxed, 1)), LIVER, atol=1e-3)


def test_an_outline_goes_along_with_its_scan(boxed, loaded):
    from volumes import add_transform

    node = choose(boxed, 0)
    quarter = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 40], [0, 0, 0, 1]])
    transform = add_transform(quarter, loaded)
    turned = [(-4.0, -6.0, 38.0), (4.0, 6.0, 42.0)]
    assert np.allclose(reach(node), turned, atol=1e-3), "where nobody clicks"
    assert np.allclose(reach(choose(boxed, 0)), turned, atol=1e-3)
    loaded.SetAndObserveTransformNodeID(None)
    assert transform and np.allclose(reach(node), SPLEEN, atol=1e-3)


def test_an_outline_goes_with_what_it_is_of(boxed, loaded):
    import slicer
    from volumes import add_volume

    other = add_volume("other", np.zeros((4, 5, 6), np.int16), np.eye(4))
    assert choose(boxed, 0)
    boxed.ui.scanSelector.setCurrentNode(other)
    assert outline() is None
    boxed.ui.scanSelector.setCurrentNode(loaded)
    assert outline() is None and choose(boxed, 0), "it is there again when it is wanted"
    boxed.ui.segmentSection.collapsed = False
    assert outline() is None
    boxed.ui.reportSection.collapsed = False
    assert choose(boxed, 1)
    slicer.mrmlScene.RemoveNode(outline())
    assert choose(boxed, 1), "someone had removed it"
    slicer.mrmlScene.RemoveNode(loaded)
    assert outline() is None


def test_a_new_draft_takes_the_outline_of_the_last_one_away(boxed, loaded):
    from MRIFoundationLib.Reporting import Draft

    assert choose(boxed, 0)
    boxed.reportPanel._written(Draft("2", "v", "<p>Nothing.</p>", "<html></html>", ()), loaded)
    assert outline() is None


def test_a_place_without_a_box_is_gone_to_all_the_same(told):
    assert choose(told, 0) is None and told.reportPanel.ui.messageLabel.text.startswith("A draft")
