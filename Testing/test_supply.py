"""What the product is made of: locked, listed, licensed, and built the same twice."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "deploy" / "requirements-linux-cpu.txt"
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)((?: ; .*)?(?: \\\n    --hash=sha256:[0-9a-f]{64})*)", re.MULTILINE)


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version, _ in ENTRY.findall(LOCK.read_text())}


def test_every_locked_package_has_a_hash():
    without = [name for name, _, hashes in ENTRY.findall(LOCK.read_text()) if "sha256" not in hashes]
    assert without == []


def test_the_lock_holds_what_the_project_asks_for(locked):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version and requirement.specifier.contains(version), f"{requirement} is not locked; run make lock"


def test_the_bill_of_materials_lists_what_is_locked(locked):
    listed = json.loads((ROOT / "deploy" / "sbom.cdx.json").read_text())
    assert listed["bomFormat"] == "CycloneDX"
    found = {canonicalize_name(one["name"]): one["version"] for one in listed["components"]}
    assert found == locked, "run make sbom"


def test_every_locked_package_has_a_licence_in_the_list(locked):
    rows = (ROOT / "deploy" / "licences.md").read_text().splitlines()[2:]
    told = {canonicalize_name(row.split("|")[1].strip()): row.split("|")[3].strip() for row in rows}
    assert set(told) == set(locked), "run make licences"
    assert [name for name, licence in told.items() if licence in ("", "UNKNOWN")] == []


def test_shipped_weights_are_those_of_their_card():
    from mrifoundation.engine.weights import shipped_weights

    for folder in shipped_weights():
        card = json.loads((folder / "card.json").read_text())
        assert hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest() == card["sha256"]
        assert card["training_data"] and card["licence"]


def test_two_builds_of_the_wheel_are_byte_for_byte_equal(tmp_path):
    wheels = [_built(tmp_path / name) for name in ("one", "another place")]
    assert wheels[0].name == wheels[1].name
    assert hashlib.sha256(wheels[0].read_bytes()).digest() == hashlib.sha256(wheels[1].read_bytes()).digest()


def _built(folder: Path) -> Path:
    """The wheel built from a copy of the sources, as another person would check them out; `make wheel` sets the same umask."""
    before = os.umask(0o022)
    try:
        source = folder / "source"
        ignored = shutil.ignore_patterns("__pycache__", "runs", "*.egg-info", "*.safetensors")
        for part in ("backend", "training", "web", "MRIFoundation"):
            if (ROOT / part).exists():
                shutil.copytree(ROOT / part, source / part, ignore=ignored, copy_function=shutil.copyfile)
        for part in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / part, source / part)
        options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder / "dist")]
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", *options, str(source)],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
            check=True,
            capture_output=True,
            timeout=1200,
        )
    finally:
        os.umask(before)
    [wheel] = (folder / "dist").glob("*.whl")
    return wheel
