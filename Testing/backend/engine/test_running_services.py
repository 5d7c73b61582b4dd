"""Services that share a cache folder know of each other, and sweep what a killed one left once none can be using it."""

import os
import signal

import pytest

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.running_services import RunningService, running_services, sweep_abandoned


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))


@pytest.fixture
def upload():
    folder = cache_folder("incoming") / "mrifoundation-abc"
    folder.mkdir()
    (folder / "upload.zip").write_bytes(b"Meier")
    return folder


def test_services_are_counted_as_long_as_they_run():
    one, two = RunningService(), RunningService()
    assert running_services() == 2
    one.end()
    assert running_services() == 1
    two.end()
    assert running_services() == 0 and list(cache_folder("services").iterdir()) == []


def test_the_first_service_sweeps_and_a_second_leaves_what_the_first_receives(upload):
    first = RunningService()
    assert not upload.exists()
    upload.mkdir()
    second = RunningService()
    sweep_abandoned()
    assert upload.exists()
    first.end(), second.end()
    sweep_abandoned()
    assert not upload.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill -9")
def test_a_killed_service_does_not_count(upload):
    child = os.fork()
    if not child:
        RunningService()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(cache_folder("services").iterdir())) == 1
    assert running_services() == 0 and list(cache_folder("services").iterdir()) == []
