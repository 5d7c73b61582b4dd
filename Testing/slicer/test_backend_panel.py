"""The Backend section: how the connection stands in words, and the backend of this computer."""

import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from backend_process import free_port


def status(panel):
    return panel.backendPanel.ui.statusLabel.text


def press(button):
    assert button.enabled
    button.click()


def test_opening_the_module_greets_the_backend_and_says_when_there_is_none(panel):
    from double.events import wait_until

    panel.backendPanel.ui.addressLine.text = f"127.0.0.1:{free_port()}"
    press(panel.backendPanel.ui.testButton)
    wait_until(lambda: panel.connection.state == "failed")
    assert "Nothing answers" in status(panel) and not panel.ui.backendSection.collapsed


def test_a_working_connection_is_told_and_the_section_folds(connected):
    assert status(connected).startswith("Connected: MRIFoundation") and connected.ui.backendSection.collapsed


def test_a_typed_address_is_repaired_and_remembered_outside_the_scene(panel, backend):
    import slicer
    from double.events import wait_until
    from MRIFoundationLib.Settings import Settings

    panel.backendPanel.ui.addressLine.text = f" localhost:{backend.port}/ "
    press(panel.backendPanel.ui.testButton)
    wait_until(lambda: panel.connection.connected)
    assert panel.backendPanel.ui.addressLine.text == backend.url == Settings().address
    slicer.mrmlScene.SetSaveToXMLString(1)
    slicer.mrmlScene.Commit()
    slicer.mrmlScene.SetSaveToXMLString(0)  # else the scene of the next test is never written to its file
    assert str(backend.port) not in slicer.mrmlScene.GetSceneXMLString()


def test_a_wrong_key_is_told(panel, backend):
    from double.events import wait_until

    panel.backendPanel.ui.addressLine.text = backend.url
    panel.backendPanel.ui.keyLine.text = "a key of somewhere else"
    press(panel.backendPanel.ui.testButton)
    wait_until(lambda: panel.connection.state == "failed")
    assert "refused the key" in status(panel)


def test_the_key_is_kept_only_when_asked_to(panel):
    from MRIFoundationLib.Settings import Settings

    panel.backendPanel.ui.keyLine.text = "secret of the gpu box"
    panel.backendPanel.ui.keyLine.editingFinished.emit()
    assert Settings().key == ""
    panel.backendPanel.ui.rememberKeyBox.checked = True
    assert Settings().key == "secret of the gpu box"
    panel.backendPanel.ui.rememberKeyBox.checked = False
    assert Settings().key == ""


@pytest.fixture
def command(tmp_path, weights):
    """The real backend's command, with the weights of the tests."""
    path = tmp_path / "mrifoundation"
    chosen = f"export MRIFOUNDATION_WEIGHTS={weights}\n" if weights else ""
    path.write_text(f'#!/bin/sh\n{chosen}exec {sys.executable} -m mrifoundation "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_the_backend_of_this_computer_is_started_and_stopped_and_its_log_is_shown(panel, command):
    from double.events import wait_until

    ui = panel.backendPanel.ui
    ui.addressLine.text = f"127.0.0.1:{free_port()}"
    panel.backendPanel._take_address()
    ui.commandPath.currentPath = str(command)
    wait_until(lambda: ui.startButton.enabled)
    press(ui.startButton)
    assert ui.startButton.text == "Stop"
    wait_until(lambda: panel.connection.connected, seconds=300, what="the started backend")
    assert "serves on http://127.0.0.1" in ui.logView.plainText
    press(ui.startButton)
    wait_until(lambda: not panel.backendPanel.local.doing, what="the end of the backend")
    assert ui.startButton.text == "Start" and not panel.connection.connected


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_backend_that_cannot_start_is_told_and_says_why_in_the_log(panel, tmp_path):
    from double.events import wait_until

    broken = tmp_path / "mrifoundation"
    broken.write_text("#!/bin/sh\necho 'no such device' >&2\nexit 1\n")
    broken.chmod(0o755)
    panel.backendPanel.ui.addressLine.text = f"127.0.0.1:{free_port()}"
    panel.backendPanel._take_address()
    panel.backendPanel.ui.commandPath.currentPath = str(broken)
    wait_until(lambda: panel.backendPanel.ui.startButton.enabled)
    press(panel.backendPanel.ui.startButton)
    wait_until(lambda: not panel.backendPanel.local.doing)
    assert "ended by itself" in status(panel) and "no such device" in panel.backendPanel.ui.logView.plainText


def test_a_command_that_is_not_there_is_told(panel, tmp_path):
    panel.backendPanel.ui.commandPath.currentPath = str(tmp_path / "nothing")
    assert not panel.backendPanel.ui.startButton.enabled and panel.backendPanel.ui.localLabel.text.startswith(
        "Not installed"
    )


def a_wheel(folder: Path) -> Path:
    """A real wheel small enough to install without a network: it brings a command of the backend's name."""
    path, info = folder / "mrifoundation-0.0.1-py3-none-any.whl", "mrifoundation-0.0.1.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mrifoundation/__init__.py", "def main(): pass\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mrifoundation\nVersion: 0.0.1\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nmrifoundation = mrifoundation:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def test_an_environment_of_its_own_is_made_and_the_backend_installed_into_it(scene, tmp_path):
    from double.events import wait_until
    from MRIFoundationLib.LocalBackend import LocalBackend
    from MRIFoundationLib.LocalPaths import command_in

    lines = []
    local = LocalBackend(lines.append, lambda: None)
    local.install(tmp_path / "environment", str(a_wheel(tmp_path)))
    assert local.doing == "installing"
    wait_until(lambda: not local.doing, seconds=300, what="the installation")
    assert local.outcome[1].startswith("The backend is installed"), "\n".join(lines)
    assert command_in(tmp_path / "environment").is_file()


def test_an_installation_that_fails_is_told(scene, tmp_path):
    from double.events import wait_until
    from MRIFoundationLib.LocalBackend import LocalBackend

    lines = []
    local = LocalBackend(lines.append, lambda: None)
    local.install(tmp_path / "environment", str(tmp_path / "no-such-folder"))
    wait_until(lambda: not local.doing, seconds=300, what="the installation")
    assert local.outcome == ("failed", "The installation did not succeed: its log says why.")
    assert any("no-such-folder" in line for line in lines)
