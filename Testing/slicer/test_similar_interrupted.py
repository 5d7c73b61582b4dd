"""Requests of the Similar scans section that something comes between: a cancel, or a backend that dies."""

import pytest
from interrupted_driver import cancel_at_every_stage, kill_at_work, start_again
from segment_driver import wait_for_end


@pytest.fixture
def ready(filled_library, connected, large_head):
    """The module with a filled library, on a scan whose encoding takes a while."""
    connected.ui.similarSection.collapsed = False
    connected.ui.scanSelector.setCurrentNode(large_head)
    return connected


def find(widget) -> None:
    assert widget.similarPanel.ui.findButton.enabled
    widget.similarPanel.ui.findButton.click()


def hits(widget) -> int:
    return widget.similarPanel.ui.galleryView.model().rowCount()


def test_cancel_of_a_search_is_heard_within_half_a_second_at_every_stage(ready):
    cancel_at_every_stage(ready, lambda: find(ready))
    assert ready.similarPanel.ui.messageLabel.text == "Cancelled." and hits(ready) == 0
    assert ready.similarPanel.ui.findButton.enabled


def test_nothing_of_a_cancelled_search_comes_later(ready):
    from double.events import wait_until

    find(ready)
    ready.ui.cancelButton.click()
    wait_until(lambda: not ready.worker._timer.active, seconds=120, what="the end of all work")
    assert hits(ready) == 0 and ready._parameters.foundHits == 0


def test_a_backend_that_dies_under_a_search_is_told_and_a_new_one_gets_the_scan_again(ready, backend, uploads):
    find(ready)
    kill_at_work(ready, backend, "encod", "start", "wait")
    ui = ready.similarPanel.ui
    assert "stopped while it was working" in ui.messageLabel.text and ready.connection.state == "failed"
    assert hits(ready) == 0 and not ui.findButton.enabled
    start_again(ready, backend)
    find(ready)
    wait_for_end(ready)
    assert hits(ready) > 0 and set(uploads) == {"large head"}


def test_a_backend_that_dies_during_a_comparison_is_told_and_leaves_the_views_as_they_were(ready, backend):
    import slicer

    find(ready)
    wait_for_end(ready)
    layout = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    before, nodes = layout.GetViewArrangement(), slicer.mrmlScene.GetNumberOfNodes()
    ready.similarPanel.gallery.choose(0)
    ready.ui.profileCombo.currentText = "fine"  # else it is encoded already
    ready.similarPanel.ui.compareButton.click()
    kill_at_work(ready, backend, "encod", "start", "wait")
    assert "stopped while it was working" in ready.similarPanel.ui.messageLabel.text
    assert not ready.similarPanel.ui.compareButton.checked
    assert (layout.GetViewArrangement(), slicer.mrmlScene.GetNumberOfNodes()) == (before, nodes)
