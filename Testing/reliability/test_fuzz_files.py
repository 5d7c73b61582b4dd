"""Files that coverage leads to, for a few seconds: no reader fails; the record of many is in docs/results/inputs.md."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lying_script import told_of

SCRIPT = Path(__file__).with_name("fuzz_files.py")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="needs atheris: pip install 'mrifoundation[fuzz]'"
)


@pytest.mark.parametrize("target", ["nrrd", "rtstruct"])
def test_no_file_does_harm(target):
    """One reader in C++ and one in Python; all ten take minutes to start."""
    command = [sys.executable, str(SCRIPT), target, "--seconds", "3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)[target]
    assert done.returncode == 0 and found["fault"] is None, found
    assert found["read"] and found["refused"] and found["edges"] >= found["edges_of_seeds"] > 0


HARM = {
    "ZeroDivisionError": ("1 / 0", "crash"),
    "crash": (
        "with __import__('mrifoundation.volume.quiet').volume.quiet.quiet_libraries(): __import__('os').abort()",
        "crash",
    ),
    # Held until libFuzzer looks, which it does once a second.
    "memory": ("held = bytearray(b'x') * (2 << 30); __import__('time').sleep(5)", "oom"),
}


@pytest.mark.parametrize("told", HARM)
def test_a_reader_that_fails_dies_or_takes_too_much_is_told_and_its_file_is_kept(tmp_path, told):
    harm, called = HARM[told]
    code, fault, kept = told_of(SCRIPT, "nrrd", 60, tmp_path, "len(begun) > 9", harm)
    assert code == 1 and told in fault
    assert [path.name.partition("-")[0] for path in kept] == [called]
