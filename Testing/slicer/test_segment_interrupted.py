"""Requests of the Segment section that something comes between: a cancel, another request, a change of the scene, a backend that dies."""

import time
from itertools import pairwise

import numpy as np
from segment_driver import ask_for, cells, message, names, wait_for_end, wait_for_stage


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


def test_a_restarted_backend_gets_the_scan_again_by_itself(connected, backend, head, uploads, own_library):
    import shutil

    ask_for(connected, head, "liver")
    wait_for_end(connected)
    backend.kill()
    shutil.rmtree(own_library / "cache")
    backend.start()
    ask_for(connected, head, "spleen")
    wait_for_end(connected)
    assert uploads == ["head", "head"] and cells(connected, 1) == ["liver", "spleen"]
