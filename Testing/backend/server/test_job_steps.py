"""Work in steps: other jobs go between them, and it ends as other work does."""

import threading
import time

import pytest

from mrifoundation.errors import Cancelled, InputError
from mrifoundation.server.jobs import Jobs


@pytest.fixture
def jobs():
    running = Jobs()
    yield running
    running.close()


def finished(job):
    end = time.monotonic() + 20
    while not job.finished:
        assert time.monotonic() < end, "the job did not finish"
        time.sleep(0.005)
    return job


def test_what_was_asked_later_is_done_between_two_steps(jobs):
    done, asked = [], threading.Event()

    def steps(job):
        for number in range(3):
            done.append(number)
            if number == 0:
                asked.wait(10)
            yield
        return "all"

    long = jobs.submit(steps)
    short = jobs.submit(lambda job: done.append("short"))
    asked.set()
    assert finished(long).result == "all" and finished(short).state == "done"
    assert done == [0, "short", 1, 2]


def test_steps_end_in_the_state_of_what_they_raised(jobs):
    def failing(job):
        yield
        raise InputError("The scan is damaged; copy it again.")

    def stopped(job):
        yield
        raise Cancelled

    assert finished(jobs.submit(failing)).snapshot()["error"] == "The scan is damaged; copy it again."
    assert finished(jobs.submit(stopped)).state == "cancelled"


def test_a_job_between_two_steps_is_running_and_hears_a_cancel(jobs):
    stepping = threading.Event()

    def steps(job):
        while not job.cancelled():
            stepping.set()
            yield
            time.sleep(0.002)
        raise Cancelled

    job = jobs.submit(steps)
    assert stepping.wait(10) and job.state == "running"
    job.cancel()
    assert finished(job).state == "cancelled"
