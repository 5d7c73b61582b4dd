"""Which Python makes the backend's environment: real ones and stand-ins, in the places where installers put them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from MRIFoundationLib.Failures import BackendError

pytestmark = [
    pytest.mark.usefixtures("slicer_app"),
    pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts"),
]


def a_python(path: Path, version: str = "3 12 1", *, machine: str = "", lacks: str = "") -> Path:
    """A stand-in that tells this version (the third number: whether it has 64 bits), and may lack the parts for environments."""
    from MRIFoundationLib import Pythons

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!/bin/sh\necho {version} {machine or Pythons._MACHINES[0]}\necho {path}\nexit {1 if lacks else 0}\n"
    )
    path.chmod(0o755)
    return path


def found(variables: dict, platform: str = "linux") -> list[str]:
    from MRIFoundationLib import Pythons

    return [" ".join(command) for command in Pythons.candidates(variables, platform)]


def find(variables: dict) -> Path:
    from MRIFoundationLib import Pythons

    return Pythons.find(variables, "Repair")


@pytest.fixture
def no_usual_places(monkeypatch):
    monkeypatch.setattr("MRIFoundationLib.Pythons._USUAL", {"linux": ()})


def test_the_python_of_these_tests_is_found_where_it_fits():
    python = find({**os.environ, "PATH": str(Path(sys.executable).parent)})
    version = subprocess.check_output([python, "-c", "import sys; print(sys.version_info[:2])"], text=True)
    assert version.strip() in ("(3, 11)", "(3, 12)", "(3, 13)")


def test_slicers_own_python_is_never_taken(tmp_path, no_usual_places):
    own, other = (a_python(tmp_path / folder / "python3") for folder in ("Slicer-5.10/bin", "bin"))
    assert found({"PATH": str(own.parent)}) == [] and found({"PATH": str(other.parent)}) == [str(other)]


def test_one_that_is_too_old_or_a_launcher_of_nothing_is_passed_over(tmp_path, no_usual_places):
    launcher = a_python(tmp_path / "shims/python3.13")
    launcher.write_text("#!/bin/sh\necho no such version >&2\nexit 127\n")
    old, good = a_python(tmp_path / "old/python3", "3 9 1"), a_python(tmp_path / "new/python3")
    path = os.pathsep.join(str(one.parent) for one in (launcher, old, good))
    assert find({"PATH": path}) == good


@pytest.mark.parametrize(
    ("version", "words"), [("3 9 1", "python3 is 3.9"), ("2 7 1", "is 2.7"), ("3 12 0", "is 3.12 with 32 bits")]
)
def test_what_was_found_instead_is_told(tmp_path, no_usual_places, version, words):
    python = a_python(tmp_path / "python3", version)
    with pytest.raises(BackendError, match=rf"No Python 3.11 to 3.13 .*{words}\): install Python 3.12 .* press Repair"):
        find({"PATH": str(python.parent)})


def test_one_for_another_processor_is_told_with_it(tmp_path, no_usual_places):
    python = a_python(tmp_path / "python3", machine="sparc64")
    with pytest.raises(BackendError, match=r"python3 is 3.12 for another processor, sparc64\): install"):
        find({"PATH": str(python.parent)})


def test_the_python_that_a_mac_with_an_apple_chip_takes_is_asked_for_its_native_half(
    tmp_path, no_usual_places, monkeypatch
):
    """A Slicer for Intel would get the other half, for which there is no PyTorch."""
    from MRIFoundationLib import Pythons, Rosetta

    half = tmp_path / "half"
    python = a_python(tmp_path / "bin/python3")
    told = '[ "$HALF" = native ] && echo 3 12 1 arm64 || echo 3 12 1 x86_64'
    python.write_text(f"#!/bin/sh\n{told}\necho {python}\n")
    half.write_text('#!/bin/sh\nshift\nHALF=native exec "$@"\n')
    half.chmod(0o755)
    monkeypatch.setattr(Pythons, "_MACHINES", ("arm64",))
    with pytest.raises(BackendError, match="for another processor, x86_64"):
        find({"PATH": str(python.parent)})
    monkeypatch.setattr(Rosetta, "_NATIVELY", (str(half), "-arm64"))
    monkeypatch.setattr(Rosetta, "has_apple_chip", lambda: True)
    assert find({"PATH": str(python.parent)}) == python


@pytest.mark.parametrize(
    ("kernel", "has_one"), [("root:xnu-7195.50.7~2/RELEASE_ARM64_T8101", True), ("root:xnu-8796/RELEASE_X86_64", False)]
)
def test_an_apple_chip_is_known_also_where_the_program_is_translated(monkeypatch, kernel, has_one):
    import types

    from MRIFoundationLib import Rosetta

    told = types.SimpleNamespace(version=f"Darwin Kernel Version 20.1.0: {kernel}", machine="x86_64")
    monkeypatch.setattr(Rosetta, "sys", types.SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(Rosetta, "os", types.SimpleNamespace(uname=lambda: told))
    assert Rosetta.has_apple_chip() == has_one and Rosetta.is_intel_mac() != has_one
    assert Rosetta.natively(["python"]) == (["/usr/bin/arch", "-arm64", "python"] if has_one else ["python"])


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="what stands there on a Mac cannot be feigned")
def test_what_asks_a_mac_to_install_apples_tools_is_not_started(no_usual_places):
    assert "/usr/bin/python3" in found({"PATH": "/usr/bin"})
    assert not [one for one in found({"PATH": "/usr/bin:/usr/bin/"}, "darwin") if one.startswith("/usr/bin/")]


def test_one_that_cannot_make_environments_is_told_with_what_it_lacks(tmp_path, no_usual_places):
    python = a_python(tmp_path / "python3", "3 11 1", lacks="ensurepip")
    with pytest.raises(BackendError, match=r"lacks the part .*sudo apt install python3.11-venv"):
        find({"PATH": str(python.parent)})


def test_a_real_python_without_ensurepip_is_noticed(tmp_path, no_usual_places):
    """As Debian's is without its package python3-venv."""
    (tmp_path / "ensurepip.py").write_text("raise ImportError('not here')\n")
    python = a_python(tmp_path / "python3")
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    with pytest.raises(BackendError, match="lacks the part of Python that makes environments"):
        find({"PATH": str(tmp_path)})


def test_a_mac_started_from_the_dock_finds_what_its_search_path_does_not_name(tmp_path, monkeypatch):
    from MRIFoundationLib import Pythons

    versions = [a_python(tmp_path / f"Versions/{version}/bin/python3") for version in ("3.9", "3.12", "3.11")]
    brewed = a_python(tmp_path / "homebrew/bin/python3.13")
    places = ("/opt/homebrew/bin", "/usr/local/bin", "/Library/Frameworks/Python.framework/Versions/*/bin")
    assert Pythons._USUAL["darwin"] == places
    monkeypatch.setattr(Pythons, "_USUAL", {"darwin": (str(brewed.parent), f"{tmp_path}/Versions/*/bin")})
    newest_first = [brewed, versions[1], versions[2], versions[0]]
    assert found({"PATH": "/nowhere"}, "darwin") == [str(one) for one in newest_first]


def test_windows_finds_its_launcher_and_its_folders_and_leaves_the_shop_alone(tmp_path):
    launcher = a_python(tmp_path / "Windows/py.exe")
    stub = a_python(tmp_path / "Local/Microsoft/WindowsApps/python3.exe")
    installed = a_python(tmp_path / "Local/Programs/Python/Python312/python.exe")
    for_all = a_python(tmp_path / "Program Files/Python311/python.exe")
    variables = {
        "PATH": os.pathsep.join((str(stub.parent), str(launcher.parent))),
        "LOCALAPPDATA": str(tmp_path / "Local"),
        "PROGRAMFILES": str(tmp_path / "Program Files"),
    }
    launched = [f"{launcher} -{version}" for version in ("3.13", "3.12", "3.11")]
    assert found(variables, "win32") == [*launched, str(installed), str(for_all)]
