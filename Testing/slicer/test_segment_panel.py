"""The Segment section, driven as a person would, on real MRML against a real backend."""

import time
import zlib
from itertools import pairwise

import numpy as np
import pytest
from volumes import add_volume


@pytest.fixture
def large_head(request, scene, oblique_affine):
    """A scan large enough that its encoding takes a while, another one for each test so that none is encoded
    already."""
    i, j, k = np.ogrid[-1:1:160j, -1:1:160j, -1:1:160j]
    ball = np.sqrt(i**2 + j**2 + k**2) < 0.8
    noise = np.random.default_rng(zlib.crc32(request.node.name.encode())).integers(0, 200, ball.shape)
    return add_volume("large head", (ball * 500 + noise).astype(np.int16), oblique_affine)


@pytest.fixture
def uploads(monkeypatch):
    """The names of the scans that were really sent."""
    from MRIFoundationLib.Client import Client

    sent, upload = [], Client.upload

    def spy(self, voxels, affine, name, *others):
        sent.append(name)
        return upload(self, voxels, affine, name, *others)

    monkeypatch.setattr(Client, "upload", spy)
    return sent


def ask_for(widget, volume, text):
    """Choose the scan, type the text, press Segment."""
    ui = widget.segmentPanel.ui
    widget.ui.scanSelector.setCurrentNode(volume)
    ui.promptLine.setText(text)
    assert ui.segmentButton.enabled
    ui.segmentButton.click()


def wait_for_end(widget):
    from double.events import wait_until

    wait_until(lambda: not widget.requests.busy, seconds=120, what="the end of the request")


def wait_for_stage(widget, *words):
    from double.events import wait_until

    stage = widget.ui.stageLabel
    wait_until(lambda: any(word in stage.text.lower() for word in words), what=f"one of the stages {words}")


def message(widget):
    label = widget.segmentPanel.ui.messageLabel
    return label.text if label.visible else ""


def names(widget):
    node = widget.segmentPanel.ui.segmentationSelector.currentNode()
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(index).GetName() for index in range(segmentation.GetNumberOfSegments())]


def cells(widget, column):
    table = widget.segmentPanel.ui.resultTable
    return [table.item(line, column).text() for line in range(table.rowCount)]


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
    assert connected.segmentPanel.ui.show3DButton.visible
    connected.segmentPanel.ui.show3DButton.click()
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert node.GetSegmentation().ContainsRepresentation("Closed surface")


def test_cancel_ends_the_request_here_and_at_the_backend(connected, client, large_head, monkeypatch):
    from double.events import beside, wait_until
    from MRIFoundationLib.Client import Client

    asked, segment = [], Client.segment
    monkeypatch.setattr(Client, "segment", lambda self, *wanted: asked.append(segment(self, *wanted)) or asked[-1])
    ask_for(connected, large_head, "liver")
    wait_until(lambda: bool(asked), seconds=60, what="the job")
    connected.ui.cancelButton.click()
    assert not connected.requests.busy and message(connected) == "Cancelled."
    wait_until(
        lambda: beside(lambda: client.job(asked[0]))["state"] == "cancelled", what="the end of the job at the backend"
    )
    assert connected.segmentPanel.ui.segmentationSelector.currentNode() is None
    assert connected.segmentPanel.ui.segmentButton.enabled


def test_cancel_is_heard_within_half_a_second_at_every_stage(connected, large_head):
    from double.events import spin

    for milliseconds in (0, 30, 150, 600):
        ask_for(connected, large_head, "liver")
        spin(milliseconds)
        pressed = time.monotonic()
        connected.requests.cancel()
        assert time.monotonic() - pressed < 0.5 and not connected.requests.busy
        assert connected.segmentPanel.ui.segmentButton.enabled and not connected.ui.cancelButton.enabled


def test_a_second_request_replaces_the_first(connected, large_head, head):
    import slicer.util
    from double.events import wait_until

    ask_for(connected, large_head, "liver")
    ask_for(connected, head, "spleen")
    wait_for_end(connected)
    wait_until(lambda: not connected.worker._timer.active, seconds=120, what="the end of all work")
    [node] = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is head
    assert cells(connected, 1) == ["spleen"] and names(connected) == ["spleen"]


def test_a_result_stays_with_the_scan_that_was_asked_about_when_another_is_chosen_meanwhile(
    connected, large_head, head
):
    ask_for(connected, large_head, "liver")
    connected.ui.scanSelector.setCurrentNode(head)
    wait_for_end(connected)
    node = connected.segmentPanel.ui.segmentationSelector.currentNode()
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is large_head


def test_a_scan_that_is_moved_during_a_request_gets_no_result(connected, large_head):
    import slicer
    from volumes import add_transform

    ask_for(connected, large_head, "liver")
    add_transform(np.diag([-1.0, 1, 1, 1]), large_head)
    wait_for_end(connected)
    assert "changed or removed meanwhile" in message(connected)
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode") is None


def test_a_time_point_that_is_left_during_a_request_gets_no_result(connected, large_head):
    """A 4D scan: the sequence browser shows one time point after another in the same volume node."""
    import slicer

    ask_for(connected, large_head, "liver")
    other = slicer.vtkMRMLScalarVolumeNode()
    other.CopyContent(large_head, True)
    other.SetAndObserveImageData(large_head.GetImageData().NewInstance())
    other.GetImageData().DeepCopy(large_head.GetImageData())
    large_head.CopyContent(other, False)  # as the browser updates its proxy node
    wait_for_end(connected)
    assert "changed or removed meanwhile" in message(connected)


def test_the_gui_goes_on_during_a_request(connected, large_head):
    import qt

    ticks = []
    timer = qt.QTimer()
    timer.setInterval(5)
    timer.connect("timeout()", lambda: ticks.append(time.monotonic()))
    timer.start()
    ask_for(connected, large_head, "liver, both kidneys")
    wait_for_end(connected)
    timer.stop()
    longest = max(later - earlier for earlier, later in pairwise(ticks))
    assert len(ticks) > 20 and longest < 0.5, f"the GUI stood still for {longest:.2f} s"


def test_closing_the_scene_during_a_request_leaves_nothing_behind(connected, large_head, slicer_app):
    import slicer
    from double.events import spin

    ask_for(connected, large_head, "liver")
    wait_for_stage(connected, "ask", "encod", "start", "wait")
    slicer.mrmlScene.Clear()
    assert not connected.requests.busy
    spin(1500)
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode") is None
    assert connected.ui.scanSelector.currentNode() is None


def test_removing_the_scan_during_a_request_is_told(connected, large_head):
    import slicer

    ask_for(connected, large_head, "liver")
    slicer.mrmlScene.RemoveNode(large_head)
    wait_for_end(connected)
    assert "changed or removed meanwhile" in message(connected)


def test_a_backend_that_dies_during_a_request_is_told_and_a_new_one_gets_the_scan_again(
    connected, backend, large_head, uploads
):
    from double.events import wait_until

    ask_for(connected, large_head, "liver")
    wait_for_stage(connected, "encod", "start", "wait")
    backend.kill()
    wait_for_end(connected)
    assert "stopped while it was working" in message(connected) and connected.connection.state == "failed"
    backend.start()
    connected.backendPanel.ui.testButton.click()
    wait_until(lambda: connected.connection.connected)
    connected.segmentPanel.ui.segmentButton.click()
    wait_for_end(connected)
    assert names(connected) == ["liver"]


def test_a_restarted_backend_gets_the_scan_again_by_itself(connected, backend, head, uploads, own_folders):
    import shutil

    ask_for(connected, head, "liver")
    wait_for_end(connected)
    backend.kill()
    shutil.rmtree(own_folders / "cache", ignore_errors=True)
    backend.start()
    ask_for(connected, head, "spleen")
    wait_for_end(connected)
    assert uploads == ["head", "head"] and cells(connected, 1) == ["liver", "spleen"]


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
