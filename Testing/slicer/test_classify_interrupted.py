"""Requests of the Classify section that something comes between: a cancel, or a backend that dies."""

import pytest
from interrupted_driver import cancel_at_every_stage, kill_at_work, start_again
from segment_driver import wait_for_end


@pytest.fixture
def ready(taught_head, connected, large_head):
    """The module with heads to be asked, on a scan whose encoding takes a while."""
    from double.events import wait_until

    connected.ui.classifySection.collapsed = False
    connected.ui.scanSelector.setCurrentNode(large_head)
    wait_until(lambda: connected.classifyPanel.ui.classifyButton.enabled, seconds=300, what="the heads")
    return connected


def ask(widget) -> None:
    assert widget.classifyPanel.ui.classifyButton.enabled
    widget.classifyPanel.ui.classifyButton.click()


def answers(widget) -> list:
    return list(widget.classifyPanel.heads._answers)


def test_cancel_of_a_question_is_heard_within_half_a_second_at_every_stage(ready):
    cancel_at_every_stage(ready, lambda: ask(ready))
    assert ready.classifyPanel.ui.messageLabel.text == "Cancelled." and answers(ready) == []
    assert ready.classifyPanel.ui.classifyButton.enabled


def test_nothing_of_a_cancelled_question_comes_later(ready):
    from double.events import wait_until

    ask(ready)
    ready.ui.cancelButton.click()
    wait_until(lambda: not ready.worker._timer.active, seconds=120, what="the end of all work")
    assert answers(ready) == [] and ready._parameters.answers == ""


def test_a_backend_that_dies_under_a_question_is_told_and_a_new_one_gets_the_scan_again(
    ready, backend, taught_head, uploads
):
    ask(ready)
    kill_at_work(ready, backend, "encod", "start", "wait")
    ui = ready.classifyPanel.ui
    assert "stopped while it was working" in ui.messageLabel.text and ready.connection.state == "failed"
    assert answers(ready) == [] and not ui.classifyButton.enabled
    start_again(ready, backend)
    ask(ready)
    wait_for_end(ready)
    assert taught_head in answers(ready) and set(uploads) == {"large head"}
