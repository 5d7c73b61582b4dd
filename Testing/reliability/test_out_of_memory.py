"""Where the memory does not suffice, the detail is lowered one step, and the answer says so."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from mrifoundation.engine.weights import shipped_weights

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' limits on a running process")

# Bytes beyond what the idle service has. How much the detail fast takes differs from run to run, by what the allocator holds already;
# standard takes more than any of these.
BEYOND = (110_000_000, 130_000_000, 150_000_000, 180_000_000)


@pytest.fixture
def service(start):
    weights = shipped_weights()
    if not weights:
        pytest.skip("no weights came with this installation, and those made for tests need too little memory")
    running = start(weights[0])
    running.wait_until_ready()
    return running


def memory_of(service, what="VmSize"):
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+) kB", status).group(1)) * 1024


def limit_to(service, beyond):
    import resource

    resource.prlimit(service.process.pid, resource.RLIMIT_AS, (memory_of(service) + beyond, resource.RLIM_INFINITY))


def test_encoding_goes_on_at_the_next_lower_detail_and_says_so(service, large_scan):
    for number, beyond in enumerate(BEYOND):
        volume = service.send(large_scan + number, np.eye(4)).json()["id"]
        limit_to(service, beyond)
        job = service.segment(volume, ["liver"], profile="standard")
        state = service.finished(job)
        if state["state"] == "done":
            break
        assert "out of memory" in state["error"], state
    assert state["state"] == "done", state
    [note] = state["notes"]
    assert "out of memory" in note and "standard" in note and "fast" in note and note in state["message"]
    assert service.get(f"/v1/jobs/{job}/result").json()["notes"] == [note]
    assert service.get(f"/v1/volumes/{volume}").json()["encoded"] == ["fast"]
