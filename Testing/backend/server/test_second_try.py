"""Work for which the memory does not suffice: whom a second try may serve, and what is said of it."""

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from mrifoundation.server.asked import Asked, asked
from mrifoundation.server.backend import Backend
from mrifoundation.server.memory import OUT_OF_MEMORY, is_out_of_memory


class Engine:
    """One whose detail can be lowered."""

    encodings_held, trouble, lowered = 1, None, False

    def shrink(self):
        self.encodings_held = 0

    @contextmanager
    def one_detail_lower(self):
        self.lowered = True
        yield {"standard": "fast"}
        self.lowered = False


@pytest.fixture
def outcome():
    """outcome(kind, work) → the job that ended, and the engine."""
    engine = Engine()
    backend = Backend(lambda: engine)

    def outcome(kind, work):
        token = asked.set(Asked(kind, "client"))
        job = backend.submit(work)
        asked.reset(token)
        end = time.monotonic() + 60
        while not job.finished:
            assert time.monotonic() < end
            threading.Event().wait(0.01)
        return job, engine

    yield outcome
    backend.jobs.close()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("could not create a primitive"),
    ],
)
def test_the_second_try_is_at_a_lower_detail_with_memory_given_back_and_says_so(outcome, error):
    tried = []

    def work(engine, job):
        tried.append((engine.lowered, engine.encodings_held))
        if not engine.lowered:
            raise error
        return SimpleNamespace(result={"structures": []})

    job, _ = outcome("segment", work)
    assert tried == [(False, 1), (True, 0)] and job.state == "done"
    [note] = job.snapshot()["notes"]
    assert job.result.result["notes"] == [note] and "fast" in note


def test_there_is_no_third_try(outcome):
    tried = []

    def work(engine, job):
        tried.append(engine.lowered)
        raise MemoryError

    job, _ = outcome("segment", work)
    assert tried == [False, True] and job.snapshot()["error"] == OUT_OF_MEMORY


@pytest.mark.parametrize("kind", ["ingest", "teach", "refine"])
def test_what_changes_something_is_not_done_twice(outcome, kind):
    tried = []

    def work(engine, job):
        tried.append(1)
        raise MemoryError

    job, engine = outcome(kind, work)
    assert tried == [1] and job.snapshot()["error"] == OUT_OF_MEMORY and engine.encodings_held == 0


def test_other_faults_are_not_taken_for_a_want_of_memory():
    assert not any(
        map(is_out_of_memory, (ValueError("out of memory"), RuntimeError("shapes differ"), OSError(28, "full")))
    )


def test_a_gpu_without_room_raises_what_is_recognised():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU")
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**45, dtype=torch.uint8, device="cuda")
    assert is_out_of_memory(raised.value)
