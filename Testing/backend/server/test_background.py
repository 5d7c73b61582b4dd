"""What the service does beside answering goes on, whatever goes wrong in one round, and says so."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from mrifoundation.errors import InputError
from mrifoundation.server import background, resuming, retention
from mrifoundation.server.app import create_app
from mrifoundation.server.asked import Asked
from mrifoundation.server.background import Background
from mrifoundation.server.job import Job
from mrifoundation.server.keys import KeyRing
from mrifoundation.server.resuming import resume

OWN = "a-key-for-tests-only-0123456789"


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), InputError("/home/doe is wrong"), KeyError()]
)
def test_a_round_that_fails_is_said_in_words_and_the_next_one_comes(error, monkeypatch, caplog):
    monkeypatch.setattr(background, "AGAIN", 0.01)
    own, rounds, seen = Background(), [], []

    def work():
        seen.append(own.troubles)
        rounds.append(len(rounds))
        if len(rounds) < 4:
            raise error

    async def some_rounds():
        loop = asyncio.create_task(own.by_and_by(work, 0.01, "forgetting what is old"))
        while len(rounds) < 6:
            await asyncio.sleep(0.01)
        loop.cancel()

    asyncio.run(some_rounds())
    assert seen[0] == [] and seen[-1] == [] and own.troubles == []
    (sentence,) = seen[3]
    assert sentence.startswith("Forgetting what is old does not work (") and "/home" not in sentence
    assert len(caplog.records) == 1


def test_forgetting_goes_on_after_the_cache_folder_could_not_be_made(monkeypatch, tmp_path):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    monkeypatch.setattr(background, "AGAIN", 0.05)
    swept, real = threading.Event(), retention.cache_folder
    broken = [True]

    def cache_folder(part):
        if broken:
            raise InputError("The cache folder cannot be made.")
        return real(part)

    monkeypatch.setattr(retention, "cache_folder", cache_folder)
    monkeypatch.setattr(retention, "sweep", lambda *_: swept.set())
    with running(tmp_path) as client:
        told = until(lambda: client.get("/readyz").json(), lambda told: told["troubles"])
        assert told["status"] == "degraded" and told["troubles"][0].startswith("Forgetting what is old does not work")
        broken.clear()
        assert swept.wait(20)
        assert until(lambda: client.get("/readyz").json(), lambda told: not told["troubles"])["status"] == "ok"


def test_jobs_that_cannot_be_taken_up_end_with_the_reason_and_it_is_said(monkeypatch):
    jobs = [Job(None, Asked("segment")) for _ in range(3)]
    parked = SimpleNamespace(parked=lambda: [job for job in jobs if not job.finished])

    async def loaded():
        raise RuntimeError

    app = SimpleNamespace(
        state=SimpleNamespace(backend=SimpleNamespace(jobs=parked, loaded=loaded), background=Background())
    )
    asyncio.run(resume(app))
    assert all(
        job.state == "failed" and "a fault of the program (RuntimeError)" in job.snapshot()["error"] for job in jobs
    )
    assert app.state.background.troubles[0].startswith(resuming.PURPOSE.capitalize())


def running(tmp_path):
    engine = SimpleNamespace(trouble=None, encodings_held=0)
    return TestClient(create_app(lambda: engine, KeyRing(OWN)), base_url="http://localhost")


def until(ask, wanted):
    """What is told as soon as it is as wanted."""
    end = time.monotonic() + 20
    while True:
        told = ask()
        if "troubles" in told and wanted(told):
            return told
        assert time.monotonic() < end, told
        time.sleep(0.02)
