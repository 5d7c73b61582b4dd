"""Random marks, undos, redos and restarts of either side, few of them: no edit is lost."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import endure_edits

STEPS, SEED = 40, 4

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


def test_no_edit_is_lost(tiny_weights, capsys):
    arguments = ["--weights", tiny_weights, "--steps", STEPS, "--seed", SEED, "--json"]
    code, told = endure_edits.main([str(part) for part in arguments]), capsys.readouterr()
    assert code == 0, told
    found = json.loads(told.out)
    assert found["lost"] == "" and sum(found["done"].values()) == STEPS and found["history"] > 0
    assert {"mark", "undo", "redo", "killed", "killed at work", "killed in a write"} <= set(found["done"])
