"""A computer without a Python that fits: one is fetched by uv after the person has agreed. Stand-ins, no network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from MRIFoundationLib.Failures import BackendError
from tiny_wheels import a_wheel

pytestmark = [
    pytest.mark.usefixtures("slicer_app"),
    pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts"),
]

UV = f"""#!/bin/sh
[ "$1 $2" = "python install" ] || exit 2
place="$UV_PYTHON_INSTALL_DIR/cpython-3.12.9-some-kind"
mkdir -p "$place/bin" && ln -s {sys.executable} "$place/bin/python3.12"
ln -s "$place" "$UV_PYTHON_INSTALL_DIR/cpython-3.12-some-kind"
"""
SLICERS = f"""#!/bin/sh
[ "$1" = -m ] || exec {sys.executable} "$@"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin" && cp "$(dirname "$0")/uv" "$2/bin/uv"
"""


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A computer that has Slicer, a wheel of the backend, and no Python."""
    from MRIFoundationLib import LocalPaths, Pythons

    for name, text in (("PythonSlicer", SLICERS), ("uv", UV)):
        program = tmp_path / "Slicer" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    monkeypatch.setattr(Pythons, "candidates", lambda _variables: [])
    monkeypatch.setattr(LocalPaths, "_places", lambda: [tmp_path / "environment", tmp_path / "environment-2"])
    monkeypatch.setattr(LocalPaths, "SOURCE_FOLDER", tmp_path / "no checkout")
    monkeypatch.setattr(LocalPaths, "PACKAGED_FOLDER", a_wheel(tmp_path / "Backend", "mrifoundation", "").parent)
    monkeypatch.setenv("PATH", f"{tmp_path / 'Slicer'}{os.pathsep}/usr/bin:/bin")
    return tmp_path


def a_plan(wheels: str = ""):
    from MRIFoundationLib.Installation import Installation

    return Installation.plan({"PATH": "/usr/bin:/bin"}, wheels)


def test_what_is_fetched_for_python_and_from_where_is_told_before(bare):
    said = a_plan().consent()
    assert "a Python 3.12 of their own from python-build-standalone (releases.astral.sh or github.com)" in said
    assert "as none that fits was found on this computer, into " in said
    assert not (bare / "environment").exists(), "nothing is fetched before the person agrees"


def test_a_python_that_is_there_is_taken(bare, monkeypatch):
    from MRIFoundationLib import Pythons

    monkeypatch.setattr(Pythons, "find", lambda _variables, _button: Path(sys.executable))
    plan = a_plan()
    assert plan.python == Path(sys.executable) and "github" not in plan.consent()
    assert [step.words for step in plan.making()] == ["Making the environment"]


def test_uv_is_fetched_then_python_then_the_environment_is_made_of_it(bare):
    from MRIFoundationLib import LocalPaths

    (bare / "environment").mkdir()
    (bare / "environment/cut off").touch()
    plan, words = a_plan(), []
    for step in plan.making():
        words.append(step.words)
        subprocess.run(step.command, env={**os.environ, **step.variables}, check=True)
    assert words[1:] == ["Fetching uv, which fetches Python", "Fetching Python 3.12", "Making the environment"]
    python = LocalPaths.python_in(plan.environment)
    subprocess.run([python, "-m", "pip", "--version"], check=True)
    assert step.command[0] == str(plan.environment / "fetched/python/cpython-3.12.9-some-kind/bin/python3.12")
    assert (plan.environment / "temporary").is_dir() and not (plan.environment / "cut off").exists()
    step = plan.removal(plan.environment)
    subprocess.run(step.command, check=True)
    assert not plan.environment.exists(), "its Python goes with it"


def test_nothing_of_it_leaves_the_environment(bare):
    _removal, uv, *_ = steps = _after_each(a_plan())
    assert "--target" in uv.command and "--no-deps" in uv.command and ":all:" in uv.command
    assert uv.command[-1].startswith("uv==")  # it brings the list of Pythons, with their hashes
    told = steps[2].variables
    assert all(told[f"UV_{name}"].startswith(str(bare / "environment")) for name in ("PYTHON_INSTALL_DIR", "CACHE_DIR"))
    assert told["UV_PYTHON_INSTALL_BIN"] == told["UV_PYTHON_INSTALL_REGISTRY"] == "0"
    assert told["UV_SYSTEM_CERTS"] == "1"


def _after_each(plan) -> list:
    steps = []
    for step in plan.making():
        subprocess.run(step.command, env={**os.environ, **step.variables}, check=True)
        steps.append(step)
    return steps


def test_a_mac_with_an_apple_chip_gets_the_uv_for_it_though_slicers_python_is_for_intel(bare, monkeypatch):
    from MRIFoundationLib import Rosetta

    monkeypatch.setattr(Rosetta, "has_apple_chip", lambda: True)
    making = a_plan().making()
    next(making)
    assert "--platform macosx_11_0_arm64 " in " ".join(next(making).command)


def test_an_installation_without_a_network_fetches_nothing(bare):
    with pytest.raises(BackendError, match=r"No Python 3.11 to 3.13 was found .*python\.org"):
        a_plan(str(bare / "Backend"))


def test_a_slicer_that_hides_its_python_leaves_the_remedy_that_was(bare, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(BackendError, match=r"install Python 3.12 from python\.org"):
        a_plan()
