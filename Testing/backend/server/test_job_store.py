"""Jobs on disk: what a restart finds, and what happens where the disk fails."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from contextlib import closing
from dataclasses import dataclass

import pytest

from mrifoundation.server import job_store
from mrifoundation.server.asked import Asked, asked
from mrifoundation.server.finished_jobs import FinishedJobs
from mrifoundation.server.job_store import JobStore
from mrifoundation.server.jobs import Jobs
from mrifoundation.server.kept_result import Answer, KeptResult


@dataclass(frozen=True)
class Found:
    result: dict
    heat_maps: dict


@pytest.fixture
def opened(tmp_path):
    """opened() → jobs kept in one folder; those opened before are closed first."""
    running = []

    def opened(**options):
        for one in running:
            one.close()
        running.append(Jobs(store=JobStore(tmp_path), **options))
        return running[-1]

    yield opened
    for one in running:
        one.close()


def submitted(jobs, work, kind="segment", path="/v1/volumes/1/segment", body=b'{"prompts": ["liver"]}'):
    token = asked.set(Asked(kind, "client", path, bytearray(body)))
    try:
        return jobs.submit(work)
    finally:
        asked.reset(token)


def finished(job):
    end = time.monotonic() + 20
    while not job.finished:
        assert time.monotonic() < end, "the job did not finish"
        time.sleep(0.005)
    return job


def until_cancelled(started):
    from mrifoundation.errors import Cancelled

    def work(job):
        started.set()
        while not job.cancelled():
            time.sleep(0.005)
        raise Cancelled

    return work


def parked(opened, **what):
    """A job that had begun when its service stopped, and the jobs of the next service."""
    started = threading.Event()
    job = submitted(opened(), until_cancelled(started), **what)
    assert started.wait(20)
    return job, opened()


@pytest.mark.parametrize(
    "given",
    [
        Answer({"structures": []}, {"shape": [1, 1, 2]}, b"labels"),
        Found({"hits": []}, {"query": ({"shape": [0]}, b"map")}),
    ],
)
def test_a_result_comes_back_as_it_was(opened, given):
    job = finished(submitted(opened(), lambda job: given))
    again = opened().get(job.id)
    assert again.snapshot() == job.snapshot() and again.result.result == given.result
    if isinstance(given, Answer):
        assert again.result == given
    else:
        assert again.result.heat_maps == given.heat_maps


def test_what_is_parked_waits_to_be_taken_up_and_then_gives_its_answer(opened):
    job, jobs = parked(opened)
    [waiting] = jobs.parked()
    assert waiting.id == job.id and waiting.state == "queued" and bytes(waiting.body) == b'{"prompts": ["liver"]}'
    token = asked.set(Asked("segment", resumed=waiting))
    jobs.submit(lambda job: "answer")
    asked.reset(token)
    assert finished(jobs.get(job.id)).result == "answer" and jobs.parked() == []


def test_a_stop_does_not_count_as_a_beginning(opened):
    job, jobs = parked(opened)
    assert jobs.get(job.id).begun == 0


@pytest.mark.parametrize(("got_on", "afterwards"), [(True, 0), (None, 1)])
def test_only_going_down_while_it_is_at_work_counts_against_a_job_until_it_gets_on(
    opened, tmp_path, got_on, afterwards
):
    asked, at_work, over, jobs = threading.Event(), threading.Event(), threading.Event(), opened()

    def counted():  # as a kill at this moment would leave it
        with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as disk:
            return disk.execute("SELECT begun FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]

    def steps(job):
        job.begun += 1  # the service went down in it once before
        asked.wait(20)
        yield got_on
        at_work.set()
        over.wait(20)

    job, between = submitted(jobs, steps), []
    other = submitted(jobs, lambda _: between.append(counted()))
    asked.set()
    assert at_work.wait(20) and counted() == afterwards + 1
    over.set()
    assert finished(job).state == finished(other).state == "done" and between == [afterwards]


def test_work_that_nobody_can_wait_for_any_more_ends_with_the_reason(opened, monkeypatch):
    monkeypatch.setattr(job_store, "STALE", -1.0)
    job, jobs = parked(opened)
    state = jobs.get(job.id).snapshot()
    assert state["state"] == "failed" and "ask again" in state["error"]


@pytest.mark.parametrize(
    ("by_wall", "own", "state"),
    [
        (5 * 3600, 10, "queued"),  # the clock was set forward
        (-5 * 3600, 7200, "failed"),  # set back
        (7200, -500, "failed"),  # the computer was started anew
        (10, -500, "queued"),
        (7200, None, "failed"),  # a file of before
    ],
)
def test_how_long_a_job_waited_is_told_by_a_clock_that_nobody_sets(opened, tmp_path, by_wall, own, state):
    job, jobs = parked(opened)
    jobs.close()
    with sqlite3.connect(tmp_path / "jobs.sqlite") as disk:
        ticks = None if own is None else time.monotonic() - own
        disk.execute("UPDATE jobs SET asked = ?, ticks = ?", (time.time() - by_wall, ticks))
    disk.close()
    assert opened().get(job.id).state == state


def test_batch_work_is_taken_up_however_long_it_waited(opened, monkeypatch):
    monkeypatch.setattr(job_store, "STALE", -1.0)
    job, jobs = parked(opened, kind="ingest", path="/v1/library/collections/c/ingest")
    assert [one.id for one in jobs.parked()] == [job.id]


@pytest.mark.parametrize(
    ("kind", "times", "said"),
    [("segment", 1, None), ("segment", 2, "twice"), ("ingest", 4, None), ("ingest", 5, "five times")],
)
def test_what_takes_the_service_down_again_and_again_ends_with_the_reason(opened, tmp_path, kind, times, said):
    job, jobs = parked(opened, kind=kind)
    jobs.close()
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as disk, disk:
        disk.execute("UPDATE jobs SET begun = ?", (times,))
    error = opened().get(job.id).snapshot()["error"]
    assert said in error if said else error is None


def test_jobs_that_are_forgotten_leave_the_disk_too(opened, tmp_path):
    jobs = opened(finished=FinishedJobs(last=2, seconds=0))
    for _ in range(5):
        finished(submitted(jobs, lambda job: Answer({}, {}, b"labels")))
    opened().close()
    disk = sqlite3.connect(tmp_path / "jobs.sqlite")
    for table in ("jobs", "boxes"):
        assert disk.execute(f"SELECT count(*) FROM {table}").fetchone()[0] <= 3


def test_what_an_older_job_gave_leaves_the_memory_where_the_disk_has_all_of_it(opened):
    @dataclass(frozen=True)
    class Draft(Found):
        report: list

    class Paper(list):
        """A list of which one can tell whether anybody holds it."""

    jobs, papers = opened(finished=FinishedJobs(last=1)), [Paper(), Paper()]
    held = [weakref.ref(paper) for paper in papers]
    found = finished(submitted(jobs, lambda job: Found({"rows": papers[0]}, {"map": ({"shape": [1]}, b"voxels")})))
    draft = finished(submitted(jobs, lambda job: Draft({"text": "a"}, {}, papers[1])))
    finished(submitted(jobs, lambda job: None))
    papers.clear()
    end = time.monotonic() + 20
    while held[0]() is not None:
        assert time.monotonic() < end, "the older result is still in memory"
        time.sleep(0.005)
    assert found.result == KeptResult({"rows": []}, {"map": ({"shape": [1]}, b"voxels")})
    assert draft.result.report is held[1]()  # of which the disk has only the text


def test_a_restart_reads_no_result_that_nobody_asks_for(opened, monkeypatch):
    jobs = opened(finished=FinishedJobs(last=1))
    for _ in range(4):
        job = finished(submitted(jobs, lambda job: Answer({}, {}, b"labels")))
    read, reading = [], JobStore._result
    monkeypatch.setattr(JobStore, "_result", lambda store, job_id: (read.append(job_id), reading(store, job_id))[1])
    again = opened(finished=FinishedJobs(last=1))
    assert again.get(job.id).state == "done" and read == []
    assert again.get(job.id).result == Answer({}, {}, b"labels") and read == [job.id]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' limit on the size of files")
def test_where_the_disk_is_full_jobs_go_on_and_it_is_said_once(tmp_path):
    script = f"""
import logging, resource, signal, sys, time
from pathlib import Path
from mrifoundation.server.job_store import JobStore
from mrifoundation.server.jobs import Jobs
from mrifoundation.server.kept_result import Answer
logging.basicConfig(stream=sys.stdout, format="%(message)s")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
jobs = Jobs(store=JobStore(Path({str(tmp_path)!r})))
def answer(job):
    return Answer({{}}, {{}}, bytes(500_000))
def ended(job):
    while not job.finished: pass
    return job.state
def soon(right):
    # A job counts as finished a moment before it is written down; from then on a small job that the disk takes changes nothing.
    until = time.monotonic() + 60
    while not right() and time.monotonic() < until: pass
    return right()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
print([ended(jobs.submit(answer)) for _ in range(3)], soon(lambda: jobs.trouble is not None))
print(ended(jobs.submit(lambda job: None)), [jobs.trouble is None for _ in range(3)])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(jobs.trouble)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, env=os.environ)
    trouble, limited, small, free = said.stdout.splitlines()
    assert "cannot be written" in trouble and limited == "['done', 'done', 'done'] True", said
    assert small == "done [False, False, False]" and free == "None", said
