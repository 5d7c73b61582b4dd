"""The Segment section, driven as a person would, on real MRML against a real backend."""

import numpy as np
from segment_driver import ask_for, cells, message, names, wait_for_end


def test_typing_and_pressing_segment_gives_segments_and_a_table(connected, head):
    ask_for(connected, head, "both kidneys, liver")
    wait_for_end(connected)
    assert sorted(cells(connected, 1)) == ["left kidney", "liver", "right kidney"]
    assert names(connected) == cells(connected, 1)[: len(names(connected))]
    unseen = [
        row for row, presence in zip(cells(connected, 1), cells(connected, 3), strict=True) if presence == "not in view"
    ]
    assert set(names(connected)) | set(unseen) == set(cells(connected, 1)) and names(connected)
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is head


def test_segments_are_the_voxels_that_the_backend_marked(connected, client, head, head_voxels, oblique_affine):
    import slicer
    from double.events import beside
    from MRIFoundationLib.Asking import Scan, send
    from MRIFoundationLib.Segmenting import Question, ask

    def silent(*_progress):
        return False

    def ask_again():
        scan = Scan("head", oblique_affine, voxels=head_voxels.transpose(2, 1, 0))
        return ask(client, send(client, scan, silent, silent), Question(["liver, spleen"]), silent, silent)

    ask_for(connected, head, "liver, spleen")
    wait_for_end(connected)
    answer = beside(ask_again)
    full = np.zeros(answer.labels.full_shape, np.uint8)
    full[tuple(slice(a, a + n) for a, n in zip(answer.labels.start, answer.labels.voxels.shape, strict=True))] = (
        answer.labels.voxels
    )
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    for row in answer.rows:
        if row["value"] in answer.present:
            shown = slicer.util.arrayFromSegmentBinaryLabelmap(node, row["name"], head).transpose(2, 1, 0)
            assert np.array_equal(shown, full == row["value"])


def test_the_scan_is_sent_once_for_many_questions(connected, head, uploads):
    for text in ("liver", "spleen", "left kidney"):
        ask_for(connected, head, text)
        wait_for_end(connected)
    assert uploads == ["head"] and cells(connected, 1) == ["liver", "spleen", "left kidney"]


def test_a_changed_scan_is_sent_again(connected, head, uploads):
    import slicer

    ask_for(connected, head, "liver")
    wait_for_end(connected)
    slicer.util.arrayFromVolume(head)[:] += 5
    slicer.util.arrayFromVolumeModified(head)
    ask_for(connected, head, "liver")
    wait_for_end(connected)
    assert uploads == ["head", "head"]


def test_asking_again_replaces_its_segment(connected, head):
    ask_for(connected, head, "liver")
    wait_for_end(connected)
    ask_for(connected, head, "hepar")
    wait_for_end(connected)
    assert names(connected) == ["liver"] and "hepar" in message(connected)


def test_return_in_the_prompt_line_starts(connected, head):
    ui = connected.segmentPanel.ui
    connected.ui.scanSelector.setCurrentNode(head)
    ui.promptLine.setText("liver")
    ui.promptLine.returnPressed.emit()
    wait_for_end(connected)
    assert names(connected) == ["liver"]


def test_a_structure_set_is_asked_for_as_a_whole(connected, head):
    ui = connected.segmentPanel.ui
    choices = [ui.setCombo.itemData(index) for index in range(ui.setCombo.count)]
    assert "abdominal organs" in choices
    ui.setCombo.currentIndex = choices.index("abdominal organs")
    ask_for(connected, head, "")
    wait_for_end(connected)
    rows, text = cells(connected, 1), message(connected)
    assert "liver" in rows or "is not known" in text or "has not learned" in text


def test_an_unknown_structure_is_explained_and_a_suggestion_can_be_clicked(connected, head):
    ask_for(connected, head, "hepatic thing")
    wait_for_end(connected)
    assert "not known" in message(connected) and "free text" in message(connected)
    connected.segmentPanel.ui.messageLabel.linkActivated.emit("hepatic thing\nliver")
    wait_for_end(connected)
    assert connected.segmentPanel.ui.promptLine.text == "liver" and names(connected) == ["liver"]


def test_without_a_scan_or_a_wish_there_is_nothing_to_press(connected, head):
    ui = connected.segmentPanel.ui
    connected.ui.scanSelector.setCurrentNode(head)
    ui.promptLine.setText("  ")
    assert not ui.segmentButton.enabled
    ui.promptLine.setText("liver")
    assert ui.segmentButton.enabled
    connected.ui.scanSelector.setCurrentNode(None)
    assert not ui.segmentButton.enabled


def test_a_click_on_a_row_moves_the_slices_to_the_structure(connected, head):
    import slicer

    red = slicer.vtkMRMLSliceNode()
    red.SetLayoutName("Red")
    red.SetOrientation("Axial")
    red = slicer.mrmlScene.AddNode(red)  # the one of this name where the layout has made it already
    ask_for(connected, head, "liver")
    wait_for_end(connected)
    connected.segmentPanel.ui.resultTable.cellClicked.emit(0, 1)
    from MRIFoundationLib.Segmentation import rows_of

    [row] = rows_of(connected.segmentPanel.ui.segmentationSelector.currentNode())
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), row["center_ras_mm"][2])


def test_show_3d_makes_surfaces(connected, head):
    ask_for(connected, head, "liver")
    wait_for_end(connected)
    assert connected.segmentPanel.ui.show3DButton.enabled
    connected.segmentPanel.ui.show3DButton.click()
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert node.GetSegmentation().ContainsRepresentation("Closed surface")


def test_leaving_and_coming_back_keeps_choices_and_results(connected, head):
    ask_for(connected, head, "liver")
    wait_for_end(connected)
    connected.exit()
    connected.enter()
    assert cells(connected, 1) == ["liver"] and connected.segmentPanel.ui.promptLine.text == "liver"


def test_completion_offers_names_for_the_last_item(connected, head):
    ui = connected.segmentPanel.ui
    ui.promptLine.setText("liver, left kid")
    ui.promptLine.textEdited.emit("liver, left kid")
    completer = connected.segmentPanel._prompt._completer
    assert completer.currentCompletion() == "left kidney"
    completer.activated.emit("left kidney")
    assert ui.promptLine.text == "liver, left kidney"
    completer.popup().hide()


def test_what_was_never_tested_on_people_is_said_beside_it_and_below_the_prompt(connected, head):
    ask_for(connected, head, "liver, spleen")  # the weights of the tests were never tested on anything
    wait_for_end(connected)
    assert cells(connected, 4) == ["–", "–"]
    assert "Never tested on a scan of a person: liver, spleen." in message(connected)
    table = connected.segmentPanel.ui.resultTable
    assert "never tested on it" in table.item(0, 4).toolTip()


def test_another_scan_gets_a_segmentation_of_its_own_and_that_is_said(connected, head):
    import slicer

    ask_for(connected, head, "liver")
    wait_for_end(connected)
    first = connected.segmentPanel.ui.segmentationSelector.currentNode()
    other = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(head)[..., ::-1].copy(), name="other")
    ask_for(connected, other, "liver")
    wait_for_end(connected)
    second = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert second is not first and first.GetSegmentation().GetNumberOfSegments() == 1
    assert f"The segments of {first.GetName()} stay as they are" in message(connected)


def test_typing_in_the_middle_of_the_line_stays_there(connected, head):
    connected.ui.scanSelector.setCurrentNode(head)
    line = connected.segmentPanel.ui.promptLine
    line.setText("lier, spleen")
    for place, letter in enumerate("v", 2):
        line.setCursorPosition(place)
        line.insert(letter)
    assert line.text == "liver, spleen" and line.cursorPosition == 3
    assert connected.segmentPanel._parameters.prompt == "liver, spleen"


def test_the_panel_is_tied_to_the_scene_once_however_often_it_is_opened(connected, head):
    connected.ui.profileCombo.setCurrentText("fine")
    tied = connected._parameters
    for _ in range(3):
        connected.exit()
        connected.enter()
    assert connected._parameters is tied and connected.ui.profileCombo.currentText == "fine"


def test_a_label_map_or_a_hidden_volume_is_not_taken_for_the_scan(panel):
    import slicer

    panel.ui.scanSelector.setCurrentNode(None)
    voxels = np.zeros((4, 4, 4), np.int16)
    slicer.util.addVolumeFromArray(voxels, name="labels", nodeClassName="vtkMRMLLabelMapVolumeNode")
    slicer.util.addVolumeFromArray(voxels, name="a heat map").SetHideFromEditors(True)
    panel._parameters.scan = None
    panel.enter()
    assert panel._parameters.scan is None
    scan = slicer.util.addVolumeFromArray(voxels, name="scan")
    panel.enter()
    assert panel._parameters.scan is scan
