"""Steps on a contour that something comes between: a cancel, or a backend that dies."""

import pytest
from contour_driver import choose, message, point_at, points, segmentation, voxels, wait
from interrupted_driver import cancel_at_every_stage, kill_at_work, start_again

MIDDLE = (80, 80, 80)


@pytest.fixture
def drawing(connected, large_head):
    """The Contour section on a scan whose encoding takes a while, with an organ that is to be drawn by hand."""
    connected.ui.scanSelector.setCurrentNode(large_head)
    connected.ui.contourSection.collapsed = False
    connected._parameters.byHand = "optic chiasm"
    choose(connected, "optic chiasm")
    return connected


def drawn(widget, scan) -> int:
    """Voxels of the contour."""
    return int(voxels(widget, scan, "optic chiasm").sum()) if segmentation(widget) else 0


def test_cancel_of_a_step_is_heard_within_half_a_second_at_every_stage(drawing, large_head):
    cancel_at_every_stage(drawing, lambda: point_at(drawing, large_head, MIDDLE, 1))
    assert message(drawing) == "Cancelled." and not drawing.contourPanel._actions.busy
    assert points("positive") == [] and drawing.contourPanel.ui.positiveButton.enabled


def test_nothing_of_a_cancelled_step_comes_later_and_the_next_one_does(drawing, large_head):
    from double.events import wait_until

    point_at(drawing, large_head, MIDDLE, 1)
    drawing.ui.cancelButton.click()
    wait_until(lambda: not drawing.worker._timer.active, seconds=120, what="the end of all work")
    assert drawn(drawing, large_head) == 0 and points("positive") == []
    point_at(drawing, large_head, MIDDLE, 1)
    wait(drawing)
    assert voxels(drawing, large_head, "optic chiasm")[MIDDLE] and points("positive") == [1]


def test_a_backend_that_dies_at_a_step_is_told_and_the_point_can_be_placed_again(drawing, backend, large_head):
    point_at(drawing, large_head, MIDDLE, 1)
    kill_at_work(drawing, backend, "correcting")
    assert backend.url in message(drawing) and drawing.connection.state == "failed"
    assert points("positive") == [] and drawn(drawing, large_head) == 0 and not drawing.contourPanel._actions.busy
    start_again(drawing, backend)
    point_at(drawing, large_head, MIDDLE, 1)
    wait(drawing)
    assert voxels(drawing, large_head, "optic chiasm")[MIDDLE]
