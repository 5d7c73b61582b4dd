"""What happens when more is asked for than can be done."""

import threading

import pytest
from fastapi import HTTPException

from mrifoundation.server.asked import Asked, asked
from mrifoundation.server.backend import Backend


@pytest.fixture
def backend():
    may_load, loads = threading.Event(), threading.Event()

    def load():
        loads.set()
        may_load.wait(30)
        return object()

    backend = Backend(load, longest_queue=2)
    assert loads.wait(30)
    backend.let_it_load = may_load.set
    yield backend
    may_load.set()
    backend.jobs.close()


def test_a_full_queue_refuses_the_next_job_and_keeps_those_it_has(backend):
    done = threading.Semaphore(0)
    for _ in range(2):
        backend.submit(lambda engine, job: done.release())
    with pytest.raises(HTTPException) as refused:
        backend.submit(lambda engine, job: done.release())
    assert refused.value.status_code == 429 and refused.value.headers["Retry-After"] == "5"
    backend.let_it_load()
    assert done.acquire(timeout=30) and done.acquire(timeout=30)
    assert not done.acquire(timeout=0.2)


def test_a_queue_that_was_full_takes_jobs_again(backend):
    jobs = [backend.submit(lambda engine, job: None) for _ in range(2)]
    last = threading.Event()
    backend.let_it_load()
    while not all(job.finished for job in jobs):
        last.wait(0.01)
    backend.submit(lambda engine, job: last.set())
    assert last.wait(30)


def test_one_client_fills_half_of_the_queue_at_most_and_leaves_room_for_others(backend):
    def submit(client):
        token = asked.set(Asked("segment", client))
        try:
            return backend.submit(lambda engine, job: None)
        finally:
            asked.reset(token)

    submit("busy")
    with pytest.raises(HTTPException) as refused:
        submit("busy")
    assert refused.value.status_code == 429 and refused.value.headers["Retry-After"]
    assert submit("another").state == "queued"


def test_a_service_that_stops_takes_no_more(backend):
    backend.jobs.stop()
    with pytest.raises(HTTPException) as refused:
        backend.submit(lambda engine, job: None)
    assert refused.value.status_code == 503 and refused.value.headers["Retry-After"]
