"""Long work: queued on one worker thread, watched from the event loop, cancelled between steps.

Work that takes minutes is a generator: after each `yield` it goes to the end of the queue, so that what a person waits for comes first.
"""

import asyncio
import logging
import queue
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

from mrifoundation.errors import Cancelled, InputError

log = logging.getLogger(__name__)

FINISHED = ("done", "failed", "cancelled")
KEPT = 64


class Job:
    """One piece of long work and what is known of it: state, stage, fraction 0–1, message, error, result.

    `progress` and `cancelled` have the form that the engine expects of its `progress` and `cancel` arguments.
    """

    def __init__(self, work: Callable[["Job"], Any]):
        self.id = secrets.token_hex(8)
        self.result: Any = None
        self.version = 0
        self._work = work
        self._steps: Generator[None, None, Any] | None = None
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._known = {
            "state": "queued",
            "stage": "",
            "fraction": 0.0,
            "message": "Waiting for its turn.",
            "error": None,
        }
        self._watchers: set[Callable[[], None]] = set()

    @property
    def state(self) -> str:
        return self._known["state"]

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    def snapshot(self) -> dict:
        """The object that the service sends for this job."""
        return {"id": self.id, **self._known}

    def progress(self, stage: str, fraction: float, message: str) -> None:
        """Tell watchers how far the work is; `fraction` is cut to 0–1."""
        self._change(stage=stage, fraction=round(min(max(float(fraction), 0.0), 1.0), 4), message=message)

    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop: at once when it is still queued, else at its next step."""
        self._cancel.set()
        if self.state == "queued":
            self._change(state="cancelled", message="Cancelled before it began.")

    def run(self) -> None:
        """Do the work, or its next step, on the calling thread; every outcome but a step that leaves more to do ends in a finished
        state, none raises."""
        if self.finished:
            return
        try:
            if self._advance():
                return
        except Cancelled:
            self._change(state="cancelled", message="Cancelled.")
        except InputError as error:
            self._change(state="failed", message="", error=str(error))
        except Exception as error:
            if _is_out_of_memory(error):
                words = "The computer ran out of memory; choose the profile fast."
            else:
                words = _our_fault(error)
                log.exception("job %s failed", self.id)
            self._change(state="failed", message="", error=words)
        else:
            self._change(state="done", fraction=1.0, message="Done.")
        self._work = self._steps = None  # a kept job must not keep the scan it worked on

    def _advance(self) -> bool:
        """Begin, or go on with the next step; whether there is more to do."""
        if self._steps is None:
            self._change(state="running", message="Started.")
            given = self._work(self)
            if not isinstance(given, Generator):
                self.result = given
                return False
            self._steps = given
        try:
            next(self._steps)
        except StopIteration as end:
            self.result = end.value
            return False
        return True

    async def wait_for_change(self, seen: int, seconds: float) -> None:
        """Return when `version` is no longer `seen`, when the job is finished, or after `seconds`."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._lock:
            if self.version != seen or self.finished:
                return
            self._watchers.add(wake)
        try:
            await asyncio.wait_for(changed.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._watchers.discard(wake)

    def _change(self, **fields: Any) -> None:
        with self._lock:
            if self.finished:
                return
            self._known = {**self._known, **fields}
            self.version += 1
            watchers = list(self._watchers)
        for wake in watchers:
            with suppress(RuntimeError):  # the watcher's event loop has closed meanwhile
                wake()


class Jobs:
    """The jobs of one service: one worker thread, in order; the last finished ones are kept for their results."""

    def __init__(self, kept: int = KEPT):
        self._kept = kept
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Job], Any], *, kept: bool = True) -> Job:
        """Queue `work`; it is called with its own job and what it returns becomes `job.result`.

        kept: for a client to ask for by its id; not so for work whose request waits for it, which would only push out others.
        """
        job = Job(work)
        if kept:
            with self._lock:
                self._jobs[job.id] = job
                self._forget_old()
        self._waiting.put(job)
        return job

    @property
    def waiting(self) -> int:
        """How many jobs wait for the worker thread."""
        return self._waiting.qsize()

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    def close(self) -> None:
        """Cancel everything and wait a moment for the worker thread: a layer of the network is soon over."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel()
        self._waiting.put(None)
        self._thread.join(timeout=3)

    def _forget_old(self) -> None:
        finished = [job_id for job_id, job in self._jobs.items() if job.finished]
        for job_id in finished[: max(0, len(finished) - self._kept)]:
            del self._jobs[job_id]

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            job.run()
            if not job.finished:
                self._waiting.put(job)


def _is_out_of_memory(error: Exception) -> bool:
    """PyTorch raises a RuntimeError where the processor's or the GPU's memory does not suffice."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text


def _our_fault(error: Exception) -> str:
    return f"The backend failed on this request ({type(error).__name__}); a fault of the program, its log says more."
