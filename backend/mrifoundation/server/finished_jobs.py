"""Which finished jobs are still kept: those that a client may yet come back for, as far as there is room for what they gave."""

import time
from collections import OrderedDict

from mrifoundation.server.job import Job

LAST = 64  # kept however old they are, and in memory
SECONDS = 900.0  # for which a client may stay away, however many others have been served meanwhile
ROOM = 256_000_000  # bytes of results


class FinishedJobs:
    """Finished jobs, the oldest first. Not safe between threads: whoever keeps the jobs has a lock."""

    def __init__(self, last: int = LAST, seconds: float = SECONDS, room: int = ROOM):
        self._last, self._seconds, self._room = last, seconds, room
        self._jobs: OrderedDict[str, tuple[Job, float]] = OrderedDict()  # each with when it came here
        self._in_memory: OrderedDict[str, Job] = OrderedDict()
        self._size = 0

    def add(self, job: Job) -> Job | None:
        """Count `job` in; gives the one that is not among the last any more, so that its result need not stay in memory."""
        if job.id in self._jobs:
            return None
        self._jobs[job.id] = job, time.monotonic()
        self._in_memory[job.id] = job
        self._size += job.size
        return self._in_memory.popitem(last=False)[1] if len(self._in_memory) > self._last else None

    def drop(self, job_id: str) -> None:
        """Count a job out; nothing happens where it was not in."""
        job, _ = self._jobs.pop(job_id, (None, 0.0))
        self._in_memory.pop(job_id, None)
        self._size -= job.size if job else 0

    def take_due(self) -> list[str]:
        """Count out those that are not kept any longer, and give their ids."""
        due = []
        while len(self._jobs) > self._last:
            job_id, (_, came) = next(iter(self._jobs.items()))
            if self._size <= self._room and time.monotonic() - came < self._seconds:
                break
            self.drop(job_id)
            due.append(job_id)
        return due
