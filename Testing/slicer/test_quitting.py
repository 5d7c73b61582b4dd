"""Slicer ends: what the module started ends with it, and nothing else does."""

import os

import pytest
from backend_process import free_port

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")


@pytest.fixture
def started(panel, tmp_path):
    """The module, with a command running that stands for the backend of this computer."""
    from double.events import wait_until

    command = tmp_path / "mrifoundation"
    command.write_text("#!/bin/sh\necho begun\nexec sleep 600\n")
    command.chmod(0o755)
    panel.backendPanel.local.start(str(command), free_port())
    wait_until(lambda: "begun" in panel.backendPanel.ui.logView.plainText, what="the command")
    return panel


def running(panel) -> bool:
    return panel.backendPanel.local._process.running


def test_the_backend_that_the_module_started_ends_when_slicer_quits(started, slicer_app):
    assert running(started)
    slicer_app.aboutToQuit.emit()
    assert not running(started)


def test_a_backend_that_the_module_only_uses_goes_on_when_slicer_quits(connected, backend, slicer_app):
    slicer_app.aboutToQuit.emit()
    assert backend.runs and backend.status() == "ok"


def test_a_module_that_was_closed_before_does_not_listen_any_more(module, started, slicer_app):
    from double import scripted_module

    other = scripted_module.open_panel(module)
    scripted_module.close_panel(other)
    slicer_app.aboutToQuit.emit()
    assert not running(started) and not running(other)
