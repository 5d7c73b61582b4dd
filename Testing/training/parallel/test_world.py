"""How a process that shared a run ends."""

import os
import subprocess
import sys

import pytest

ENDS = """
import atexit, os
from mrifoundation_training.parallel.world import leave
atexit.register(os._exit, 7)  # as a thread of the group does that takes the process down while Python tidies up
print("all is saved")
leave({code})
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_process_of_several_ends_as_it_said_and_loses_no_word(code):
    world = os.environ | {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}
    done = subprocess.run([sys.executable, "-c", ENDS.format(code=code)], capture_output=True, text=True, env=world)
    assert (done.returncode, done.stdout) == (code, "all is saved\n"), done.stderr
