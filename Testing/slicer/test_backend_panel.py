"""The Backend section: how the connection stands in words, and the backend of this computer."""

import os
import stat
import sys

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

    panel.backendPanel.ui.otherMachineBox.checked = True
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


def start_and_wait_for_the_end(panel, command, script: str, interpreter: str = "/bin/sh") -> None:
    """Start this script in place of the backend, which ends by itself."""
    from double.events import wait_until

    command.write_text(f"#!{interpreter}\n{script}\n")
    command.chmod(0o755)
    panel.backendPanel.ui.addressLine.text = f"127.0.0.1:{free_port()}"
    panel.backendPanel._take_address()
    panel.backendPanel.ui.commandPath.currentPath = str(command)
    wait_until(lambda: panel.backendPanel.ui.startButton.enabled)
    press(panel.backendPanel.ui.startButton)
    wait_until(lambda: not panel.backendPanel.local.doing, seconds=120)


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no such device' >&2; exit 1", "(code 1) with 'no such device': its log says more. Press Start"),
        ("kill -9 $$", "the system killed it, most likely for lack of memory"),
        ("exit 137", "the system killed it, most likely for lack of memory"),
        ("kill -SEGV $$", "it crashed (code 11). Press Start; if it happens again, press Install"),
        (f"exec {sys.executable} -c 'bytes(10**18)'", "ended by itself for lack of memory"),
        (f"exec {sys.executable} -m no_such_backend", "its environment is damaged, so press Install"),
        ("exec /no/such/python serve", "its environment is damaged, so press Install"),
    ],
)
def test_a_backend_that_ends_by_itself_is_told_with_cause_and_remedy(panel, tmp_path, script, words):
    start_and_wait_for_the_end(panel, tmp_path / "mrifoundation", script)
    assert "ended by itself" in status(panel) and words in status(panel), status(panel)


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_port_that_was_taken_meanwhile_is_told(panel, tmp_path):
    """The real backend, on a port that a stranger got first."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        script = f"exec {sys.executable} -m mrifoundation serve --port {stranger.getsockname()[1]}"
        start_and_wait_for_the_end(panel, tmp_path / "mrifoundation", script)
    assert "another program has its port. Press Test connection" in status(panel), status(panel)


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_command_that_is_no_program_is_told(panel, tmp_path):
    start_and_wait_for_the_end(panel, tmp_path / "mrifoundation", "", interpreter="/no/such/python")
    assert "its environment is damaged" in status(panel)


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_the_patience_with_one_program_does_not_end_the_next(panel, tmp_path, monkeypatch):
    """Stop and Start in quick succession."""
    from double.events import spin, wait_until
    from MRIFoundationLib import LoggedProcess

    monkeypatch.setattr(LoggedProcess, "_PATIENCE_MILLISECONDS", 300)
    command = tmp_path / "mrifoundation"
    command.write_text("#!/bin/sh\nexec sleep 60\n")
    command.chmod(0o755)
    for _ in range(2):
        panel.backendPanel.local.start(str(command), free_port())
        panel.backendPanel.local.stop()
        wait_until(lambda: not panel.backendPanel.local.doing)
    panel.backendPanel.local.start(str(command), free_port())
    spin(600)
    assert panel.backendPanel.local.doing == "serving"


def test_a_command_that_is_not_there_is_told(panel, tmp_path):
    panel.backendPanel.ui.commandPath.currentPath = str(tmp_path / "nothing")
    assert not panel.backendPanel.ui.startButton.enabled and panel.backendPanel.ui.localLabel.text.startswith(
        "Not installed"
    )


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_slicer_that_a_mac_translates_starts_the_backend_untranslated(panel, tmp_path, monkeypatch):
    from double.events import wait_until
    from MRIFoundationLib import Rosetta

    command, arch = tmp_path / "mrifoundation", tmp_path / "arch"
    command.write_text("#!/bin/sh\necho began as $CHIP\n")
    arch.write_text('#!/bin/sh\nexport CHIP=$1\nshift\nexec "$@"\n')
    for script in (command, arch):
        script.chmod(0o755)
    monkeypatch.setattr(Rosetta, "_NATIVELY", (str(arch), "-arm64"))
    monkeypatch.setattr(Rosetta, "has_apple_chip", lambda: True)
    panel.backendPanel.local.start(str(command), free_port())
    wait_until(lambda: "began as -arm64" in panel.backendPanel.ui.logView.plainText)


def test_a_command_that_was_chosen_can_be_taken_back(panel, tmp_path):
    from MRIFoundationLib.Settings import Settings

    ui, found = panel.backendPanel.ui, panel.backendPanel.ui.startButton.enabled
    ui.commandPath.currentPath = str(tmp_path / "nothing")
    assert Settings().command and not ui.startButton.enabled
    ui.commandPath.currentPath = ""
    assert Settings().command == "" and ui.startButton.enabled == found


def test_an_authority_that_was_chosen_can_be_taken_back(panel, tmp_path):
    ui = panel.backendPanel.ui
    ui.otherMachineBox.checked = True
    ui.authorityPath.currentPath = str(tmp_path / "ca.pem")
    assert panel.connection.authority == str(tmp_path / "ca.pem")
    ui.authorityPath.currentPath = ""
    assert panel.connection.authority == ""


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_port_that_a_stranger_has_is_left_to_him(panel, tmp_path):
    import socket

    started = tmp_path / "started"
    command = tmp_path / "mrifoundation"
    command.write_text(f"#!/bin/sh\ntouch {started}\n")
    command.chmod(0o755)
    panel.backendPanel.ui.commandPath.currentPath = str(command)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        panel.backendPanel.ui.addressLine.text = f"127.0.0.1:{stranger.getsockname()[1]}"
        panel.backendPanel._take_address()
        press(panel.backendPanel.ui.startButton)
    assert "already listens" in status(panel) and not panel.backendPanel.local.doing and not started.exists()


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_started_backend_ends_when_slicer_crashes(tmp_path, command):
    """A Slicer that crashes tells nobody; the system closes its end of the pipe."""
    import subprocess

    environment = {**os.environ, "MRIFOUNDATION_ENDS_WITH_STDIN": "1"}
    serving = subprocess.Popen(
        [command, "serve", "--port", "0"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert b"serves on" in serving.stdout.readline()
    serving.stdin.close()
    try:
        assert serving.wait(120) == 0
    finally:
        serving.kill()
        serving.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")
def test_a_backend_that_was_started_here_ends_with_slicer_and_no_other_does(panel, backend, command):
    from double.events import wait_until

    ui = panel.backendPanel.ui
    ui.addressLine.text = f"127.0.0.1:{free_port()}"
    panel.backendPanel._take_address()
    ui.commandPath.currentPath = str(command)
    press(ui.startButton)
    wait_until(lambda: "serves on" in ui.logView.plainText, seconds=300, what="the started backend")
    panel.backendPanel.shut_down()
    assert not panel.backendPanel.local._process.running and backend.runs


def test_another_machine_has_its_own_rows_and_its_key_goes_nowhere_else(panel):
    ui = panel.backendPanel.ui
    panel.ui.backendSection.collapsed = False
    assert ui.localRow.visible and not ui.keyRow.visible and not ui.authorityPath.visible
    ui.otherMachineBox.checked = True
    assert ui.keyRow.visible and ui.authorityPath.visible and not ui.localRow.visible
    ui.addressLine.text = "https://gpu.example:8765"
    ui.keyLine.text = "secret of the gpu box"
    panel.backendPanel._take_address()
    assert panel.connection.key_for("https://gpu.example:8765") == "secret of the gpu box"
    ui.otherMachineBox.checked = False
    assert panel.connection.typed_key == "" and ui.addressLine.text == "http://127.0.0.1:8765"


def test_each_machine_keeps_its_address_while_the_other_one_is_used(panel):
    from MRIFoundationLib.Settings import Settings

    ui = panel.backendPanel.ui
    ui.addressLine.text = "http://127.0.0.1:9001"
    ui.addressLine.editingFinished.emit()
    ui.otherMachineBox.checked = True
    assert ui.addressLine.text == ""
    ui.addressLine.text = "https://gpu.example:8765"
    ui.addressLine.editingFinished.emit()
    ui.otherMachineBox.checked = False
    assert ui.addressLine.text == panel.connection.address == "http://127.0.0.1:9001"
    ui.otherMachineBox.checked = True
    assert ui.addressLine.text == panel.connection.address == Settings().address == "https://gpu.example:8765"
