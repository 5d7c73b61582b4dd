"""Random marks, undos, redos and restarts of either side, few of them: no edit is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("endure_edits.py")
STEPS, SEED = 40, 4

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


def test_no_edit_is_lost(tiny_weights):
    command = [sys.executable, SCRIPT, "--weights", tiny_weights, "--steps", STEPS, "--seed", SEED, "--json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["lost"] == "" and sum(found["done"].values()) == STEPS and found["history"] > 0
    assert {"mark", "undo", "redo", "killed", "killed at work", "killed in a write"} <= set(found["done"])
