"""The backend installed by one button: consent first, an environment of its own, real pip on tiny wheels, no network."""

import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from backend_process import free_port
from tiny_wheels import SERVING, the_wheels


@pytest.fixture
def wheels(tmp_path):
    """A folder that holds all that an installation asks for, in small."""
    return the_wheels(tmp_path / "wheels")


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """Where the environment goes, with nothing of the person in it."""
    if os.name == "nt":
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # this computer's own settings may pin or offer other wheels
    monkeypatch.setattr("MRIFoundationLib.LocalPaths.Path.home", lambda: tmp_path)
    has_room(monkeypatch, 10**12)  # these wheels are small; the disk of this computer may be full
    return tmp_path / "data"


def has_room(monkeypatch, free: int) -> None:
    """Let every disk have so many bytes free."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("MRIFoundationLib.Installation.shutil.disk_usage", lambda _folder: usage(10**13, 0, free))


@pytest.fixture
def bare(panel, data_folder, monkeypatch):
    """The panel on a computer that has no backend."""
    from MRIFoundationLib import LocalPaths

    monkeypatch.setattr(LocalPaths, "SOURCE_FOLDER", data_folder / "no checkout")
    monkeypatch.setattr(LocalPaths.shutil, "which", lambda name, path, which=shutil.which: _but_ours(name, path, which))
    panel.backendPanel.ui.addressLine.text = f"127.0.0.1:{free_port()}"
    panel.backendPanel._take_address()
    panel.ui.backendSection.collapsed = False
    return panel.backendPanel


@pytest.fixture
def installed(bare):
    """The panel on a computer where a backend was installed, and does not run."""
    from MRIFoundationLib import LocalPaths

    environment = LocalPaths.free_place()
    command = LocalPaths.command_in(environment)
    command.parent.mkdir(parents=True)
    command.write_text(f"#!{sys.executable}\n{SERVING}\nmain()\n")
    command.chmod(0o755)
    LocalPaths.take_into_use(environment)
    bare._show()
    return bare


def _but_ours(name: str, path: str, which) -> str | None:
    return None if name == "mrifoundation" else which(name, path=path)


def log(panel) -> str:
    return panel.ui.logView.plainText


def ask(panel, wheels: Path | None = None) -> None:
    """Press the button that is there and wait for what it would do, or for why it cannot."""
    from double.events import wait_until

    shown = panel.ui.repairButton if panel.ui.repairButton.visible else panel.ui.installButton
    shown.click()
    if wheels:
        panel.ui.wheelsPath.currentPath = str(wheels)
    wait_until(lambda: "Looking for" not in panel.ui.planLabel.text, what="the plan")


def install_from(panel, wheels: Path) -> None:
    ask(panel, wheels)
    assert panel.ui.agreeButton.enabled, panel.ui.planLabel.text
    panel.ui.agreeButton.click()


def wait_for_end(panel) -> None:
    from double.events import wait_until

    wait_until(lambda: panel.local.doing != "installing", seconds=300, what="the end of the installation")


def test_nothing_begins_before_the_person_agrees(bare, wheels):
    assert bare.ui.installButton.visible and not bare.ui.planBox.visible
    ask(bare, wheels)
    assert bare.ui.planBox.visible and not bare.local.doing and log(bare) == ""
    assert "nothing is fetched from a network" in bare.ui.planLabel.text and "GB" in bare.ui.planLabel.text
    bare.ui.declineButton.click()
    assert not bare.ui.planBox.visible and not bare.local.doing and bare.ui.installButton.visible


def test_agreeing_installs_from_the_folder_proves_it_starts_it_and_connects(bare, wheels, panel):
    from double.events import wait_until
    from MRIFoundationLib.LocalPaths import command_in, environment_in_use

    install_from(bare, wheels)
    assert bare.local.doing == "installing" and bare.ui.startButton.text == "Cancel installation"
    wait_until(lambda: panel.connection.state in ("connected", "failed"), seconds=300, what="the connection")
    assert bare.ui.statusLabel.text.startswith("Connected: MRIFoundation 9.0 on cpu"), log(bare)
    assert "The backend runs with PyTorch 9.0" in log(bare) and "--no-index" in log(bare)
    assert not any((environment_in_use() / "temporary").iterdir())
    assert command_in(environment_in_use()).is_file() and bare.ui.startButton.text == "Stop"


def test_a_cancelled_installation_can_be_begun_anew_and_starts_nothing(bare, wheels, data_folder):
    from double.events import wait_until

    install_from(bare, wheels)
    wait_until(lambda: "making" in bare.ui.localLabel.text.lower() or "installing" in bare.ui.localLabel.text.lower())
    bare.ui.startButton.click()
    wait_for_end(bare)
    assert not bare.local.doing and bare.ui.installButton.visible
    assert bare.ui.localLabel.text.startswith("Not installed")
    assert not list((data_folder / "mrifoundation").glob("*"))  # gigabytes, in earnest


def test_a_backend_that_cannot_be_imported_is_not_called_installed(bare, wheels):
    the_wheels(wheels, backend="raise ImportError('a library is missing')\n")
    install_from(bare, wheels)
    wait_for_end(bare)
    assert "did not succeed: the log ends with 'ImportError: a library is missing'" in bare.ui.statusLabel.text
    assert bare.ui.statusLabel.text.endswith("press Install again.") and bare.ui.installButton.visible
    assert not bare.ui.repairButton.visible and bare.ui.localLabel.text.startswith("Not installed")


def test_a_step_whose_program_is_not_there_ends_the_installation(bare, wheels, data_folder, monkeypatch):
    from MRIFoundationLib.Installation import Installation
    from MRIFoundationLib.Step import Step

    monkeypatch.setattr(Installation, "steps", lambda _plan: [Step("Trying", ["/no/such"])])
    install_from(bare, wheels)
    wait_for_end(bare)
    assert not bare.local.doing and "did not succeed" in bare.ui.statusLabel.text and bare.ui.installButton.visible
    assert not list((data_folder / "mrifoundation").glob("*")), "what was begun is removed"


def test_a_folder_of_wheels_that_is_taken_back_changes_the_plan(bare, wheels):
    from double.events import wait_until

    ask(bare, wheels)
    assert "nothing is fetched from a network" in bare.ui.planLabel.text
    bare.ui.wheelsPath.currentPath = ""
    assert not bare.ui.agreeButton.enabled, "what was agreed to is no longer what would be done"
    wait_until(lambda: "Looking for" not in bare.ui.planLabel.text, what="the plan")
    assert "nothing is fetched" not in bare.ui.planLabel.text


def test_a_chosen_command_that_is_not_there_does_not_keep_what_was_installed_from_starting(installed, tmp_path):
    installed.ui.commandPath.currentPath = str(tmp_path / "nothing")
    installed._start_installed()
    assert installed.local.doing == "serving" and installed.ui.commandPath.currentPath == ""
    assert installed._settings.command == ""


def test_a_person_who_turned_to_another_machine_meanwhile_stays_there(installed):
    installed.ui.otherMachineBox.checked = True
    installed._start_installed()
    assert not installed.local.doing and installed.ui.otherMachineBox.checked


def test_a_failed_repair_keeps_what_was_installed_and_names_the_button_that_is_there(installed, wheels):
    from MRIFoundationLib.LocalPaths import environment_in_use

    before = environment_in_use()
    the_wheels(wheels, backend="raise ImportError('a library is missing')\n")
    install_from(installed, wheels)
    assert "kept until the new one works" in installed.ui.planLabel.text
    wait_for_end(installed)
    assert installed.ui.statusLabel.text.endswith("press Repair again.") and installed.ui.repairButton.visible
    assert environment_in_use() == before and len(list(before.parent.iterdir())) == 1
    installed.ui.startButton.click()
    assert installed.local.doing == "serving"


def test_a_cancelled_repair_keeps_what_was_installed(installed, wheels):
    from double.events import wait_until
    from MRIFoundationLib.LocalPaths import command_in, environment_in_use

    before = environment_in_use()
    install_from(installed, wheels)
    wait_until(lambda: "Installing" in installed.ui.localLabel.text, seconds=100, what="the new environment")
    installed.ui.startButton.click()
    wait_for_end(installed)
    assert environment_in_use() == before and command_in(before).is_file() and installed.ui.startButton.enabled


def test_a_repair_takes_the_place_of_what_was_installed(installed, wheels):
    from MRIFoundationLib.LocalPaths import environment_in_use

    before = environment_in_use()
    install_from(installed, wheels)
    wait_for_end(installed)
    assert installed.local.doing == "serving", log(installed)
    assert environment_in_use() != before and not before.exists()


def test_a_gpu_on_which_pytorch_cannot_compute_is_told(bare, wheels, tmp_path, monkeypatch):
    driver = tmp_path / "driver/nvidia-smi"
    driver.parent.mkdir()
    driver.write_text("#!/bin/sh\necho 8.9, 580.65.06\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}{os.pathsep}{os.environ['PATH']}")
    no_kernel = "def ones(*_, **__):\n    raise RuntimeError('no kernel image is available for execution')\n"
    the_wheels(wheels, torch=f"__version__ = '9.0'\n{no_kernel}")
    install_from(bare, wheels)
    assert "for the NVIDIA GPU" in bare.ui.planLabel.text
    wait_for_end(bare)
    assert bare.local.doing == "serving", log(bare)
    assert "cannot compute on the NVIDIA GPU, so the backend runs on the processor" in bare.ui.localLabel.text


def test_a_folder_without_the_backend_is_told_before_anything_begins(bare, tmp_path):
    ask(bare, tmp_path)
    assert "no wheel of the backend" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_a_full_disk_is_told_before_anything_begins(bare, wheels, monkeypatch):
    has_room(monkeypatch, 10**9)
    ask(bare, wheels)
    assert "1.0 GB free" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_a_computer_without_python_is_told_what_to_install(bare, wheels, monkeypatch):
    from MRIFoundationLib import Pythons

    monkeypatch.setattr(Pythons, "candidates", lambda _variables: [])
    ask(bare, wheels)
    assert "python.org" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_a_module_without_its_backend_says_where_to_get_it(bare):
    import re

    from module_folder import MODULE_FOLDER

    text = (MODULE_FOLDER.parent / "CMakeLists.txt").read_text(encoding="utf-8")
    homepage = re.search(r'EXTENSION_HOMEPAGE "([^"]+)"', text)[1]
    ask(bare)
    assert f"Download {homepage} " in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled
