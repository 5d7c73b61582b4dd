"""What comes between a request and its answer: a cancel, or the end of the backend; for sections of any kind. The tests bear names of
their own: `large_head` is another scan for each name, so that none is encoded already."""

import time

MOMENTS_MS = (0, 30, 150, 600)
"""After the button: while the scan goes out, while it is asked about, while it is worked on."""


def cancel_at_every_stage(widget, begin) -> None:
    """`begin()` starts a request; Cancel is pressed at each moment of it, and heard within half a second."""
    from double.events import spin

    for milliseconds in MOMENTS_MS:
        begin()
        spin(milliseconds)
        assert widget.ui.cancelButton.enabled, f"the request was over within {milliseconds} ms"
        pressed = time.monotonic()
        widget.ui.cancelButton.click()
        assert time.monotonic() - pressed < 0.5 and not widget.requests.busy
        assert not widget.ui.cancelButton.enabled


def kill_at_work(widget, backend, *stages) -> None:
    """End the backend when it is at one of the stages; wait until the panel has noticed."""
    from double.events import wait_until
    from segment_driver import wait_for_stage

    wait_for_stage(widget, *stages)
    assert widget.requests.busy
    backend.kill()
    wait_until(lambda: not widget.requests.busy, seconds=120, what="the end of the request")


def start_again(widget, backend) -> None:
    from double.events import wait_until

    backend.start()
    widget.backendPanel.ui.testButton.click()
    wait_until(lambda: widget.connection.connected, what="the connection")
