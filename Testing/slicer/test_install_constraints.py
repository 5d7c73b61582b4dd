"""The versions that an installation takes are those that were tested together, and pip unpacks where the room was checked."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tiny_wheels import a_wheel

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "deploy/constraints.txt").read_text(encoding="utf-8").splitlines()
BOUND = {canonicalize_name(one.name): one.specifier for one in map(Requirement, (x for x in LINES if x[0] != "#"))}
NEEDED = list(map(Requirement, tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]))


def a_plan(source: Path, environment: Path = Path("/e"), wheels: Path | None = None):
    from MRIFoundationLib import LocalPaths
    from MRIFoundationLib.FoundPython import FoundPython
    from MRIFoundationLib.Installation import Installation
    from MRIFoundationLib.TorchBuild import TorchBuild

    constraints = LocalPaths.constraints_with(source)
    maker = FoundPython(Path(sys.executable))
    return Installation(environment, str(source), maker, TorchBuild("cpu"), wheels, constraints)


def test_all_that_the_backend_needs_is_bound_to_a_version_that_it_allows():
    for need in NEEDED:
        [bound] = BOUND[canonicalize_name(need.name)]
        assert need.specifier.contains(bound.version), f"{need} against {bound}; run make lock"


def test_the_versions_are_those_of_the_lock():
    locked = (ROOT / "deploy/requirements-linux-cpu.txt").read_text()
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ +;]+)", locked, re.MULTILINE))
    pins.pop("setuptools")  # an older PyTorch, the last for some GPUs, wants an older one
    told = {name: next(iter(bound)).version for name, bound in BOUND.items()}
    assert told == {canonicalize_name(name): version for name, version in pins.items()}, "run make lock"
    operators = {next(iter(bound)).operator for name, bound in BOUND.items() if name != "torch"}
    assert operators == {"=="} and next(iter(BOUND["torch"])).operator == "<="  # one line for the builds of all GPUs
    assert BOUND["torch"].contains("2.11.0+cu128") and BOUND["torch"].contains("2.13.0+cu126")


def test_both_steps_keep_to_them_and_unpack_into_the_environment(slicer_app, tmp_path):
    torch, backend, trial = a_plan(ROOT).steps()
    for step in (torch, backend):
        assert f"-c {ROOT / 'deploy/constraints.txt'}" in " ".join(step.command) and "--no-cache-dir" in step.command
        assert {step.variables[name] for name in ("TMPDIR", "TEMP", "TMP")} == {str(Path("/e/temporary"))}
    assert trial.variables == {}


def test_a_folder_of_wheels_may_bring_its_own(slicer_app, tmp_path):
    wheel = a_wheel(tmp_path / "wheels", "mrifoundation", "")
    assert "-c" not in a_plan(wheel, wheels=wheel.parent).steps()[0].command[4:]
    (wheel.parent / "constraints.txt").write_text("torch==9.0\n")
    assert f"-c {wheel.parent / 'constraints.txt'}" in " ".join(a_plan(wheel, wheels=wheel.parent).steps()[1].command)


def test_the_environment_that_is_made_has_room_for_what_pip_unpacks(slicer_app, tmp_path):
    from MRIFoundationLib import LocalPaths

    plan = a_plan(ROOT, tmp_path / "environment")
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment/old").touch()
    for step in plan.making():
        subprocess.run(step.command, check=True)
    step = plan.steps()[0]
    code = "import tempfile; print(tempfile.gettempdir())"
    python = LocalPaths.python_in(plan.environment)
    told = subprocess.run([python, "-c", code], env=step.variables, check=True, capture_output=True, text=True).stdout
    assert Path(told.strip()) == plan.environment / "temporary" and not (plan.environment / "old").exists()
