"""The backend installed by one button: consent first, an environment of its own, real pip on tiny wheels, no network."""

import os
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest


def a_wheel(folder: Path, name: str, code: str, command: str = "") -> Path:
    """A real wheel small enough to install in seconds, which may bring a command."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-9.0-py3-none-any.whl", f"{name}-9.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        if command:
            wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{command} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def wheels(tmp_path):
    """A folder that holds all that an installation asks for, in small."""
    folder = tmp_path / "wheels"
    a_wheel(folder, "torch", "__version__ = '9.0'\n")
    a_wheel(folder, "mrifoundation", "def main(): pass\n", command="mrifoundation")
    return folder


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """Where the environment goes, with nothing of the person in it."""
    if os.name == "nt":
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # this computer's own settings may pin or offer other wheels
    monkeypatch.setattr("MRIFoundationLib.LocalPaths.Path.home", lambda: tmp_path)
    return tmp_path / "data"


@pytest.fixture
def bare(panel, data_folder, monkeypatch):
    """The panel on a computer that has no backend."""
    from MRIFoundationLib import LocalPaths

    monkeypatch.setattr(LocalPaths, "SOURCE_FOLDER", data_folder / "no checkout")
    monkeypatch.setattr(LocalPaths.shutil, "which", lambda name, path, which=shutil.which: _but_ours(name, path, which))
    panel.backendPanel._show()
    return panel.backendPanel


def _but_ours(name: str, path: str, which) -> str | None:
    return None if name == "mrifoundation" else which(name, path=path)


def log(panel) -> str:
    return panel.ui.logView.plainText


def install_from(panel, wheels: Path) -> None:
    panel.ui.installButton.click()
    panel.ui.wheelsPath.currentPath = str(wheels)
    assert panel.ui.agreeButton.enabled, panel.ui.planLabel.text
    panel.ui.agreeButton.click()


def wait_for_end(panel) -> None:
    from double.events import wait_until

    wait_until(lambda: not panel.local.doing, seconds=300, what="the end of the installation")


def test_nothing_begins_before_the_person_agrees(bare, wheels):
    assert bare.ui.installButton.visible and not bare.ui.planBox.visible
    bare.ui.installButton.click()
    bare.ui.wheelsPath.currentPath = str(wheels)
    assert bare.ui.planBox.visible and not bare.local.doing and log(bare) == ""
    assert "nothing is fetched from a network" in bare.ui.planLabel.text and "GB" in bare.ui.planLabel.text
    bare.ui.declineButton.click()
    assert not bare.ui.planBox.visible and not bare.local.doing and bare.ui.installButton.visible


def test_agreeing_makes_an_environment_installs_from_the_folder_and_proves_it(bare, wheels):
    from MRIFoundationLib.LocalPaths import command_in, environment_folder

    install_from(bare, wheels)
    assert bare.local.doing == "installing" and bare.ui.startButton.text == "Cancel installation"
    wait_for_end(bare)
    assert bare.ui.statusLabel.text == "The backend is installed: press Start.", log(bare)
    assert "The backend runs with PyTorch 9.0" in log(bare) and "--no-index" in log(bare)
    assert command_in(environment_folder()).is_file() and bare.ui.startButton.enabled and bare.ui.repairButton.visible


def test_a_cancelled_installation_can_be_begun_anew(bare, wheels):
    from double.events import wait_until

    install_from(bare, wheels)
    wait_until(lambda: "making" in bare.ui.localLabel.text.lower() or "installing" in bare.ui.localLabel.text.lower())
    bare.ui.startButton.click()
    wait_for_end(bare)
    assert bare.ui.installButton.visible and bare.ui.localLabel.text.startswith("Not installed")


def test_a_backend_that_cannot_be_imported_is_not_called_installed(bare, wheels):
    a_wheel(wheels, "mrifoundation", "raise ImportError('a library is missing')\n", command="mrifoundation")
    install_from(bare, wheels)
    wait_for_end(bare)
    assert "did not succeed" in bare.ui.statusLabel.text and "a library is missing" in log(bare)
    assert bare.ui.repairButton.visible


def test_a_folder_without_the_backend_is_told_before_anything_begins(bare, tmp_path):
    bare.ui.installButton.click()
    bare.ui.wheelsPath.currentPath = str(tmp_path)
    assert "no wheel of the backend" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_a_full_disk_is_told_before_anything_begins(bare, wheels, monkeypatch):
    from MRIFoundationLib import Installation

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(Installation.shutil, "disk_usage", lambda _folder: usage(10**12, 10**12, 10**9))
    bare.ui.wheelsPath.currentPath = str(wheels)
    assert "1.0 GB free" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_a_computer_without_python_is_told_what_to_install(bare, monkeypatch):
    from MRIFoundationLib import LocalPaths

    monkeypatch.setattr(LocalPaths, "find_pythons", lambda _path: [])
    bare.ui.installButton.click()
    assert "python.org" in bare.ui.planLabel.text and not bare.ui.agreeButton.enabled


def test_slicers_own_python_is_never_taken(tmp_path):
    from MRIFoundationLib.LocalPaths import find_pythons

    own, other = tmp_path / "Slicer-5.10/bin", tmp_path / "bin"
    for folder in (own, other):
        folder.mkdir(parents=True)
        (folder / "python3").write_text("#!/bin/sh\n")
        (folder / "python3").chmod(0o755)
    assert find_pythons(str(own)) == [] and find_pythons(str(other)) == [other / "python3"]


@pytest.mark.parametrize(
    ("build", "platform", "index"),
    [
        ("cpu", "linux", "--extra-index-url https://download.pytorch.org/whl/cpu"),
        ("cuda", "linux", ""),
        ("cuda", "win32", "--index-url https://download.pytorch.org/whl/cu126"),
        ("cpu", "win32", ""),
        ("cpu", "darwin", ""),
    ],
)
def test_pytorch_comes_in_the_build_that_fits_the_computer(build, platform, index):
    from MRIFoundationLib.Installation import Installation

    torch, backend, _ = Installation(Path("/e"), "/source", (), build, platform=platform).steps()
    assert " ".join(torch.command).endswith(f"--progress-bar off {index} torch>=2.6".replace("  ", " "))
    assert "download.pytorch.org" not in " ".join(backend.command)


def test_the_build_follows_the_driver(tmp_path):
    from MRIFoundationLib.Installation import build_for

    assert build_for(str(tmp_path)) == "cpu"
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\n")
    driver.chmod(0o755)
    assert build_for(str(tmp_path)) == "cuda"
