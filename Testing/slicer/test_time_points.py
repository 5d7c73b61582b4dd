"""Answers about a scan whose image is another one now, as of another time point of a sequence: they are told to be of another image."""

import numpy as np
import pytest
from segment_driver import ask_for, cells, wait_for_end
from volumes import add_volume

ANSWER = {
    "head": "h",
    "title": "Dark or bright",
    "applicable": True,
    "probabilities": {"bright": 0.7},
    "intervals": {},
    "evidence": [],
    "reason": "",
    "caution": "Trained on few scans.",
}


@pytest.fixture
def cine(scene, head_voxels, oblique_affine):
    """Three time points in Slicer's own sequence browser; gives the volume that shows one of them, and the step to another."""
    import slicer

    logic = slicer.vtkSlicerSequencesLogic()
    logic.SetMRMLScene(scene)  # it makes the browser known to the scene
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "cine")
    for number in range(3):
        moment = add_volume("moment", np.roll(head_voxels, number, axis=0), oblique_affine)
        sequence.SetDataNodeAtValue(moment, str(number))
        scene.RemoveNode(moment)
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "cine browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())

    def step(number: int) -> None:
        browser.SetSelectedItemNumber(number)
        logic.UpdateProxyNodesFromSequences(browser)

    step(0)
    yield browser.GetProxyNode(sequence), step
    logic.SetMRMLScene(None)


def put_rows(panel, scan, *names):
    """What an answer of Segment leaves in the scene."""
    import slicer
    from MRIFoundationLib import Segmentation
    from MRIFoundationLib.Scene import world_affine
    from MRIFoundationLib.Segmenting import Answer
    from MRIFoundationLib.VoxelBox import VoxelBox

    box = VoxelBox(np.ones((2, 2, 2), np.uint8), (1, 1, 1), scan.GetImageData().GetDimensions(), world_affine(scan))
    row = {"value": 1, "volume_ml": 1, "center_ras_mm": [0, 0, 0], "presence": 1, "explanation": ""}
    node = panel.segmentPanel.ui.segmentationSelector.currentNode() or Segmentation.create(slicer.mrmlScene, scan)
    Segmentation.put(node, scan, Answer([{**row, "name": n} for n in names], [], box, frozenset({1})), {})
    panel.segmentPanel.ui.segmentationSelector.setCurrentNode(node)
    panel.segmentPanel.refresh()


def change_in_place(scan) -> None:
    import slicer.util

    slicer.util.arrayFromVolume(scan)[3, 3, 3] += 1
    slicer.util.arrayFromVolumeModified(scan)


def remark(panel) -> str:
    """What the open section says of whose its answers are."""
    return panel._message._remark


def test_rows_are_marked_as_long_as_another_time_point_is_shown(panel, cine):
    scan, step = cine
    panel.ui.scanSelector.setCurrentNode(scan)
    put_rows(panel, scan, "liver")
    assert cells(panel, 1) == ["liver"]
    step(1)
    assert cells(panel, 1) == ["liver – of another image"]
    assert "ask again" in panel.segmentPanel.ui.resultTable.item(0, 1).toolTip()
    put_rows(panel, scan, "spleen")
    assert cells(panel, 1) == ["liver – of another image", "spleen"]
    step(0)
    assert cells(panel, 1) == ["liver", "spleen – of another image"]


def test_rows_are_marked_when_the_image_changes_in_place_and_not_for_a_new_name(panel, head):
    panel.ui.scanSelector.setCurrentNode(head)
    put_rows(panel, head, "liver")
    head.SetName("renamed")
    assert cells(panel, 1) == ["liver"]
    change_in_place(head)
    assert cells(panel, 1) == ["liver – of another image"]


def test_a_structure_asked_again_is_of_the_image_that_is_shown(panel, head):
    panel.ui.scanSelector.setCurrentNode(head)
    put_rows(panel, head, "liver")
    change_in_place(head)
    put_rows(panel, head, "liver")
    assert cells(panel, 1) == ["liver"]


def test_what_changes_while_another_module_is_shown_is_marked_on_coming_back(panel, head):
    panel.ui.scanSelector.setCurrentNode(head)
    put_rows(panel, head, "liver")
    panel.parent._entered = False
    panel.exit()
    change_in_place(head)
    assert cells(panel, 1) == ["liver"]  # nobody sees it: a sequence that is played costs nothing
    panel.parent._entered = True
    panel.enter()
    assert cells(panel, 1) == ["liver – of another image"]


def test_a_real_answer_is_marked_and_nothing_is_sent_for_that(connected, cine, uploads):
    scan, step = cine
    ask_for(connected, scan, "liver")
    wait_for_end(connected)
    sent = uploads[:]
    for number in (1, 2):
        step(number)
        assert cells(connected, 1) == ["liver – of another image"]
    step(0)
    assert cells(connected, 1) == ["liver"] and uploads == sent and len(sent) == 1


def test_answers_of_heads_are_told_to_be_of_another_time_point_or_scan(panel, cine, head):
    from MRIFoundationLib.Scene import volume_key

    scan, step = cine
    panel.ui.scanSelector.setCurrentNode(scan)
    panel.ui.classifySection.collapsed = False
    panel.classifyPanel._show(scan.GetID(), volume_key(scan), [ANSWER])
    assert remark(panel.classifyPanel) == ""
    step(1)
    assert "another time point of" in remark(panel.classifyPanel)
    assert "another time point of" in panel.classifyPanel.ui.messageLabel.text
    step(0)
    assert remark(panel.classifyPanel) == "" and "heads fit" in panel.classifyPanel.ui.messageLabel.text
    panel.ui.scanSelector.setCurrentNode(head)
    assert "not about the chosen scan" in remark(panel.classifyPanel)


def test_hits_are_told_to_be_of_another_time_point(panel, cine):
    from MRIFoundationLib.AskedScan import AskedScan
    from MRIFoundationLib.Searching import Found

    scan, step = cine
    panel.ui.scanSelector.setCurrentNode(scan)
    panel.ui.similarSection.collapsed = False
    panel.similarPanel._show_found(Found([], 5), AskedScan.of(scan))
    step(1)
    assert "another time point of" in remark(panel.similarPanel)
    panel.similarPanel._show_found(Found([], 5), None)
    assert remark(panel.similarPanel) == ""  # words alone are about no scan


def test_a_section_that_is_opened_later_tells_it_too(panel, head):
    from MRIFoundationLib.Scene import volume_key

    panel.ui.scanSelector.setCurrentNode(head)
    panel.classifyPanel._show(head.GetID(), volume_key(head), [ANSWER])
    change_in_place(head)
    panel.ui.classifySection.collapsed = False
    assert "another time point of" in remark(panel.classifyPanel)
