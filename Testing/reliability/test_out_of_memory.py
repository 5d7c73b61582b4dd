"""Where the memory does not suffice, the detail is lowered one step, and the answer says so."""

import re
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import requests

from mrifoundation.engine.weights import shipped_weights

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' limits on a running process")

# Bytes beyond what the service has after its first scan, tried in turn: how much each detail takes depends on the weights, and differs from
# run to run by what the allocator holds already.
BEYOND = range(20_000_000, 100_000_000, 8_000_000)
# OpenBLAS and OpenMP end the process where they get no memory; a request may find none either.
GONE = (requests.ConnectionError, KeyError)


@pytest.fixture
def scan():
    """int16 [90, 90, 90] of noise: little to read, and as many working voxels as the detail standard takes."""
    return np.random.default_rng(0).integers(0, 900, (90, 90, 90)).astype(np.int16)


@pytest.fixture
def begin(start, head_voxels):
    """begin() → a service that has encoded once, so that its threads and what is imported on the way are there."""

    def begin():
        weights = shipped_weights()
        if not weights:
            pytest.skip("no weights came with this installation, and those made for tests need too little memory")
        running = start(weights[0])
        running.wait_until_ready()
        small = running.send(head_voxels, np.eye(4)).json()["id"]
        assert running.finished(running.segment(small, ["liver"], profile="fast"))["state"] == "done"
        return running

    return begin


def memory_of(service, what="VmSize"):
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+) kB", status).group(1)) * 1024


def limit_to(service, beyond):
    _limit(service, memory_of(service) + beyond)


def unlimited(service):
    _limit(service, -1)


def _limit(service, to):
    import resource  # there is none on Windows

    resource.prlimit(service.process.pid, resource.RLIMIT_AS, (to, resource.RLIM_INFINITY))


def asked_with_little_memory(service, scan, beyond):
    """The volume, and the job's end; the limit is gone again."""
    volume = service.send(scan, np.eye(4)).json()["id"]
    limit_to(service, beyond)
    state = service.finished(service.segment(volume, ["liver"], profile="standard"))
    unlimited(service)
    assert state["state"] == "done" or "out of memory" in state["error"], state
    return volume, state


def test_encoding_goes_on_at_the_next_lower_detail_and_says_so(begin, scan):
    """Where the memory is enough for one detail and not for the other: by halves between too little and more than enough."""
    low, high = BEYOND.start, BEYOND.stop
    while high - low > 1_000_000:
        beyond, state = (low + high) // 2, {"state": "gone"}
        service = begin()
        with suppress(*GONE):
            volume, state = asked_with_little_memory(service, scan, beyond)
        if state["state"] == "done" and state["notes"]:
            break
        low, high = (low, beyond) if state["state"] == "done" else (beyond, high)
        service.process.kill()
    else:
        pytest.skip("at no limit was there memory for the detail fast alone")
    [note] = state["notes"]
    assert "out of memory" in note and "standard" in note and "fast" in note and note in state["message"]
    assert service.get(f"/v1/jobs/{state['id']}/result").json()["notes"] == [note]
    assert "fast" in service.get(f"/v1/volumes/{volume}").json()["encoded"]


def test_memory_that_comes_back_is_used(begin, scan):
    """What a library remembers of its failures is gone with the thread that they happened on."""
    failed = 0
    for beyond in BEYOND:
        service = begin()
        with suppress(*GONE):
            volume, state = asked_with_little_memory(service, scan, beyond)
            if state["state"] == "failed":
                failed += 1
                for detail in ("standard", "fast"):
                    again = service.finished(service.segment(volume, ["liver"], profile=detail))
                    assert again["state"] == "done" and not again["notes"], again
        service.process.kill()
    if not failed:
        pytest.skip("at no limit did the memory run out")
