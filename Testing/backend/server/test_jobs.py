"""Jobs: their order, their progress, and cancelling them."""

import asyncio
import threading
import time

import numpy as np
import pytest

from mrifoundation.errors import Cancelled, InputError
from mrifoundation.server.finished_jobs import FinishedJobs
from mrifoundation.server.jobs import Jobs
from mrifoundation.server.kept_result import Answer


@pytest.fixture
def jobs():
    running = Jobs(finished=FinishedJobs(last=3, seconds=0))
    yield running
    running.close()


def finished(job, seconds=10):
    end = time.monotonic() + seconds
    while not job.finished:
        assert time.monotonic() < end, "the job did not finish"
        time.sleep(0.005)
    return job.snapshot()


def steps_until_cancelled(started):
    def work(job):
        started.set()
        while not job.cancelled():
            job.progress("encode", 0.3, "Encoding.")
            time.sleep(0.005)
        raise Cancelled

    return work


def test_a_running_job_is_cancelled_at_its_next_step_and_a_queued_one_at_once(jobs):
    started = threading.Event()
    running, queued = jobs.submit(steps_until_cancelled(started)), jobs.submit(lambda job: "never")
    started.wait(5)
    queued.cancel()
    assert queued.state == "cancelled" and running.state == "running"
    running.cancel()
    assert finished(running)["state"] == "cancelled"
    assert queued.result is None


def test_what_went_wrong_is_told_and_the_next_job_runs(jobs):
    def wrong(error):
        def work(job):
            raise error

        return jobs.submit(work)

    assert finished(wrong(InputError("Name a structure.")))["error"] == "Name a structure."
    fault = finished(wrong(ZeroDivisionError("secret detail")))
    assert fault["state"] == "failed" and "ZeroDivisionError" in fault["error"] and "secret" not in fault["error"]
    assert "memory" in finished(wrong(MemoryError()))["error"]
    following = jobs.submit(lambda job: 5)
    assert finished(following)["state"] == "done" and following.result == 5


def test_a_watcher_wakes_at_the_first_change(jobs):
    go = threading.Event()

    def work(job):
        go.wait(5)
        job.progress("encode", 2.0, "Nearly there.")
        time.sleep(0.2)

    job = jobs.submit(work)
    while job.state == "queued":
        time.sleep(0.005)

    async def watch():
        seen = job.version
        asyncio.get_running_loop().call_later(0.05, go.set)
        before = time.monotonic()
        await job.wait_for_change(seen, 5)
        return time.monotonic() - before

    assert asyncio.run(watch()) < 1
    assert job.snapshot()["fraction"] == 1.0 and job.snapshot()["message"] == "Nearly there."
    finished(job)
    assert asyncio.run(watch()) < 0.05  # nothing more can change


@pytest.mark.parametrize(
    ("seconds", "room", "kept"),
    [
        (60, 10**6, 9),  # a client that was away for a moment finds its job, however many others were served
        (0, 10**6, 3),
        (60, 5_000, 5),  # what all gave takes too much room
    ],
)
def test_a_finished_job_is_kept_for_a_while_as_far_as_there_is_room(seconds, room, kept):
    jobs = Jobs(finished=FinishedJobs(last=3, seconds=seconds, room=room))
    done = [jobs.submit(lambda job: Answer({}, {}, bytes(990))) for _ in range(9)]
    for job in done:
        finished(job)
    jobs.submit(lambda job: None)
    assert [jobs.get(job.id) is job for job in done] == [False] * (9 - kept) + [True] * kept
    jobs.close()


def test_only_the_last_finished_jobs_are_kept_after_their_time(jobs):
    done = [jobs.submit(lambda job: None) for _ in range(5)]
    for job in done:
        finished(job)
    jobs.submit(lambda job: None)
    assert jobs.get(done[0].id) is None and jobs.get(done[-1].id) is done[-1]


def test_a_job_is_cancelled_through_the_service(service):
    random = np.random.default_rng(0)
    volume = service.send(random.integers(0, 900, (150, 150, 150)).astype(np.int16), np.eye(4)).json()["id"]
    blocking = service.post(f"/v1/volumes/{volume}/encode", json={"profile": "fine"}).json()["job"]
    job = service.segment(volume, ["liver"], profile="fine")
    for one in (job, blocking):
        assert service.request("DELETE", f"/v1/jobs/{one}").status_code == 200
    assert service.finished(job)["state"] == "cancelled"
    assert service.finished(blocking)["state"] == "cancelled"
    assert service.get(f"/v1/jobs/{job}/result").status_code == 409
    assert service.get(f"/v1/volumes/{volume}").json()["encoded"] == []
    again = service.finished(service.segment(volume, ["liver"]))
    assert again["state"] == "done"
