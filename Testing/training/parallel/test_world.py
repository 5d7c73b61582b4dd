"""How a process joins a run, and how one that shared it ends."""

import os
import subprocess
import sys

import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation_training.parallel.world import joined

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


@pytest.mark.parametrize(
    "device, remedy", [("gpu", "device=auto, cpu or cuda"), ("meta", "cpu or cuda"), ("cuda", "device=cpu")]
)
def test_a_device_that_there_is_not_is_said(device, remedy, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=remedy), joined(device):
        pass
