"""Long work, queued on one worker thread: interactive before batch, clients in turn; written down, so that a restart takes it up again.

Work that takes minutes is a generator: after each `yield` it goes to the end of the queue, so that what a person waits for comes first.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from queue import Empty
from typing import Any

from mrifoundation.server.asked import asked, key_of
from mrifoundation.server.fair_queue import FairQueue
from mrifoundation.server.finished_jobs import FinishedJobs
from mrifoundation.server.job import PARKED, Job
from mrifoundation.server.job_store import JobStore

TIDY_EVERY = 60.0  # seconds
TO_FINISH, TO_PARK = 2.0, 3.0  # seconds that a stop gives the running job to end, and then to hear that it is parked


class Jobs:
    """The jobs of one service; finished ones are kept for their results, as `finished` says.

    idle: called on the worker thread, once, when nothing was asked for `idle_after` seconds. tidy: called there between two jobs, at most
    every `tidy_every` seconds. ended: hears every job that is finished.
    """

    def __init__(
        self,
        store: JobStore | None = None,
        idle_after: float | None = None,
        idle: Callable[[], None] = lambda: None,
        tidy: Callable[[], None] = lambda: None,
        tidy_every: float = TIDY_EVERY,
        ended: Callable[[Job], None] = lambda job: None,
        finished: FinishedJobs | None = None,
    ):
        self._finished = finished or FinishedJobs()
        self._store = store
        self._idle_after, self._idle, self._ended = idle_after, idle, ended
        self._tidy, self._tidy_every, self._tidied = tidy, tidy_every, time.monotonic()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._queue: FairQueue[Job] = FairQueue()
        self._running: Job | None = None
        self._over = threading.Event()
        self.stopping = False
        if store:
            for job in store.restore(self._changed):
                self._jobs[job.id] = job
                self._let_old_ones_go(job)
        self._begin_thread()

    def submit(self, work: Callable[[Job], Any], *, kept: bool = True) -> Job:
        """Queue `work`; it is called with its own job and what it returns becomes `job.result`. A request that is asked again after a
        restart gives its old job this work.

        kept: for a client to ask for by its id; not so for work whose request waits for it, which would only push out others.
        """
        asking = asked.get()
        if kept and asking.resumed is not None:
            job = asking.resumed
            job.take_up(work)
        else:
            job = Job(work, asking, self._changed if kept else None)
            if kept:
                self._keep(job)
        self._queue.put(job, job.client, batch=job.is_batch)
        return job

    @property
    def waiting(self) -> int:
        """How many jobs wait for the worker thread."""
        return len(self._queue)

    def waiting_of(self, client: str) -> int:
        return self._queue.length_of(client)

    def waiting_of_key(self, client: str) -> int:
        """Of everybody who has the key of `client`."""
        return self._queue.length_beginning(key_of(client))

    def waiting_by_class(self) -> dict[str, int]:
        return {"interactive": self._queue.length(batch=False), "batch": self._queue.length(batch=True)}

    def parked(self) -> list[Job]:
        """Jobs of before a restart that are still to be taken up, in the order in which they were asked for."""
        with self._lock:
            return [job for job in self._jobs.values() if job.state == "queued" and not job.has_work]

    @property
    def trouble(self) -> str | None:
        """Why jobs would not survive a restart; None when they would."""
        return self._store.trouble if self._store else None

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    def erase(self, traces: Collection[str]) -> list[Job]:
        """Forget the jobs that tell of scans (by their content hashes) or cases (by their ids), and those that are over and list files,
        with what they gave. What waits is cancelled; what runs ends at its next step, until when it is not over. Gives them all."""
        told = self._store.telling_of(traces) if self._store else set()
        with self._lock:
            gone = [job for job in self._jobs.values() if job.id in told or job.tells_of(traces)]
            for job in gone:
                del self._jobs[job.id]
                self._finished.drop(job.id)
        for job in gone:
            job.forgotten = True
            job.cancel()
        if self._store:
            self._store.erase(told | {job.id for job in gone})
        return gone

    def stop(self) -> None:
        """Begin nothing more: whoever watches a job hears that it waits for the next service; work whose request waits is cancelled."""
        if self.stopping:
            return
        self.stopping = True
        left = self._queue.close()
        with self._lock:
            kept = list(self._jobs.values())
        for job in set(left) - set(kept):
            job.cancel()
        for job in kept:
            job.tell(PARKED)

    def close(self) -> None:
        """Stop: the running job may end, or is parked at its next step (a layer of the network is soon over)."""
        self.stop()
        self._over.wait(TO_FINISH)
        if (running := self._running) is not None:
            running.park()
            self._over.wait(TO_PARK)
        if self._store:
            self._store.close()

    def _keep(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            old = self._finished.take_due()
            for job_id in old:
                del self._jobs[job_id]
        if self._store:
            self._store.put(job)
            self._store.forget(old)

    def _changed(self, job: Job) -> None:
        """A job of ours has a new state."""
        if self._store:
            self._store.put(job)
        if job.finished:
            self._let_old_ones_go(job)
            self._ended(job)

    def _let_old_ones_go(self, newest: Job) -> None:
        """Count `newest` among the finished jobs where it is one; what an older one gave is on disk."""
        with self._lock:
            counts = newest.finished and newest.id in self._jobs
            older = self._finished.add(newest) if counts else None
        if older and self._store:
            self._store.let_go(older)

    def _begin_thread(self, after: threading.Thread | None = None, job: Job | None = None) -> None:
        """A new worker thread, which begins with `job` when the thread `after` has ended; RuntimeError where there is no memory for it."""
        threading.Thread(target=self._work, args=(after, job), name="model", daemon=True).start()

    def _work(self, after: threading.Thread | None, job: Job | None) -> None:
        """Do what is queued, until the memory did not suffice for something. Then the next thread goes on: oneDNN keeps the failure to get
        room for machine code as long as its thread lives, on which it would build nothing more, however much memory there is again."""
        if after is not None:
            after.join()
        stale = False
        while (job := job or self._next()) is not None:
            if stale:
                with suppress(RuntimeError):  # or this thread goes on as it can, and the next job tries again
                    self._begin_thread(threading.current_thread(), job)
                    return
            self._running = job
            job.run()
            self._running = None
            stale, job.memory_ran_out = stale or job.memory_ran_out, False
            if not job.finished and not self.stopping:
                self._queue.put(job, job.client, batch=job.is_batch)
            job = None  # or what it gave would be held until the next one comes
            self._tidy_up()
        self._over.set()

    def _tidy_up(self) -> None:
        if time.monotonic() - self._tidied >= self._tidy_every:
            self._tidy()
            self._tidied = time.monotonic()

    def _next(self) -> Job | None:
        try:
            return self._queue.get(self._idle_after)
        except Empty:
            self._idle()
            return self._queue.get()
