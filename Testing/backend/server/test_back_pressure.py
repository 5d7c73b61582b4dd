"""What happens when more is asked for than can be done."""

import threading

import pytest
from fastapi import HTTPException

from mrifoundation.server.asked import Asked, _client, asked, key_of
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


def test_one_key_from_many_addresses_leaves_a_tenth_of_the_queue_to_others():
    backend = Backend(lambda: threading.Event().wait(30), longest_queue=20)

    def submit(key, address):
        token = asked.set(Asked("segment", f"{key:16}{address}"))
        try:
            return backend.submit(lambda engine, job: None)
        finally:
            asked.reset(token)

    while backend.jobs.waiting:  # the loading itself
        pass
    for address in range(18):
        submit("busy", address)
    with pytest.raises(HTTPException) as refused:
        submit("busy", "yet another")
    assert refused.value.status_code == 429
    assert submit("another", 0).state == "queued"


def test_the_same_key_from_two_addresses_is_two_clients_of_one_key():
    def client(key, address):
        return _client({"headers": [(b"authorization", key)], "client": (address, 1)})

    first, second, other = client(b"a", "10.0.0.1"), client(b"a", "10.0.0.2"), client(b"b", "10.0.0.1")
    assert len({first, second, other}) == 3
    assert key_of(first) == key_of(second) != key_of(other)


def test_a_service_that_stops_takes_no_more(backend):
    backend.jobs.stop()
    with pytest.raises(HTTPException) as refused:
        backend.submit(lambda engine, job: None)
    assert refused.value.status_code == 503 and refused.value.headers["Retry-After"]
