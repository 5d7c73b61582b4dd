"""Jobs on disk: one SQLite file, from which a restarted service knows what was asked, what is done and what was given.

What was asked goes when the job ends; results stay as long as their jobs are kept. Nothing here stops a job: where the disk fails, jobs
go on in memory, `trouble` says that they would not survive a restart, and they are written down as soon as the disk takes them.
"""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mrifoundation.engine.job_file import connected, delete, job_file, scrub, set_aside, telling_of
from mrifoundation.engine.trouble import Trouble
from mrifoundation.server.asked import Asked
from mrifoundation.server.job import Job, Record
from mrifoundation.server.kept_result import boxes_of, is_whole, restored

log = logging.getLogger(__name__)

STALE = 3600.0  # seconds after which nobody waits any more for interactive work of a service that was away
MOST_BEGINNINGS = 2, "twice"
MOST_OF_BATCH = 5, "five times"  # an ingest goes on without the scan that took it down three times
SHARED = (
    "Another service uses the same cache folder, so jobs of this one do not survive a restart; set MRIFOUNDATION_CACHE."
)
UNWRITABLE = "Jobs cannot be written to disk ({}), so they would not survive a restart; make room or make it writable."
TOO_OFTEN_DOWN = "The service went down {} while doing this; choose the profile fast, or crop or resample the scan."
TOO_LATE = "This was asked for more than an hour before the service was restarted; ask again."
UNKNOWN = "The service was restarted before this was done; ask again."

COLUMNS = ("id", "kind", "client", "path", "about", "body", "asked", "ticks", "begun", "known", "result")
CHANGING = ("body", "begun", "known", "result")
ALL = (
    "SELECT *, ifnull(length(result), 0) + (SELECT ifnull(sum(length(voxels)), 0) FROM boxes WHERE job = id) AS size "
    "FROM jobs ORDER BY rowid"
)
PUT = (
    f"INSERT INTO jobs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in CHANGING)}"
)


class JobStore:
    """The jobs of one service in `folder`; used by its event loop and its worker thread."""

    def __init__(self, folder: Path):
        self._trouble = Trouble(log)
        self._lock = threading.Lock()
        self._writing = (
            threading.Lock()
        )  # taken before the other; keeps an older state from being written over a newer one
        self._unwritten: dict[str, Job] = {}  # the newest last
        self._unforgotten: set[str] = set()
        self._file = job_file(folder)
        self._owner = FileLock(folder / "jobs.lock", thread_local=False)
        self._disk: sqlite3.Connection | None = None
        self._mine = True
        self._open()

    @property
    def trouble(self) -> str | None:
        """Why jobs would not survive a restart, tried anew; None when they would. May write to the disk."""
        if self._trouble.sentence:
            with self._writing:
                self._catch_up()
        return self._trouble.sentence

    def restore(self, record: Record) -> list[Job]:
        """The jobs of before, the oldest first; what nobody can or should take up again ends with the reason."""
        rows = self._try(lambda disk: disk.execute(ALL).fetchall()) or []
        jobs = []
        for row in rows:
            fetch, asking = partial(self._result, row["id"]), Asked(row["kind"], row["client"], row["path"])
            asking.body = bytearray(row["body"] or b"")
            job = Job.restored(row["id"], asking, json.loads(row["known"]), row["begun"], fetch, row["size"], record)
            job.asked, job.ticks = row["asked"], row["ticks"]
            job.about |= set((row["about"] or "").split())
            jobs.append(job)
            if not job.finished and (reason := _reason_to_end(job, _age(row["asked"], row["ticks"]))):
                job.give_up(reason)
        return jobs

    def put(self, job: Job) -> None:
        """Write down what is known of `job`, and what it gave when it is done; then what the disk did not take before."""
        with self._writing:
            if job.forgotten:
                return
            self._unwritten.pop(job.id, None)
            self._unwritten[job.id] = job
            self._catch_up()

    def forget(self, ids: Iterable[str]) -> None:
        """Delete jobs with their results."""
        with self._writing:
            for job_id in ids:
                self._unwritten.pop(job_id, None)
                self._unforgotten.add(job_id)
            self._catch_up()

    def let_go(self, job: Job) -> None:
        """Take from memory what a finished job gave, where the disk has all of it."""
        if not is_whole(job.held):
            return
        with self._writing:
            if self._disk is not None and job.id not in self._unwritten:
                job.let_go(partial(self._result, job.id))

    def telling_of(self, traces: Collection[str]) -> set[str]:
        """Ids of jobs on disk, as of `engine.job_file`."""
        return self._try(lambda disk: telling_of(disk, traces)) or set()

    def erase(self, ids: Iterable[str]) -> None:
        """As `forget`, and nothing of them is left in the bytes of the file."""
        self.forget(ids)
        self._try(scrub)

    def close(self) -> None:
        with self._lock:
            self._mine = False
            if self._disk is not None:
                self._disk.close()
                self._disk = None
        self._owner.release()

    def _catch_up(self) -> None:
        """Write and delete what is due, until the disk refuses something; only under `_writing`. The newest goes first: what begins is
        small and may fit where an earlier result does not."""
        self._open()
        if self._disk is None:
            if not self._mine:
                self._unwritten.clear()
                self._unforgotten.clear()
            return
        for job in reversed(list(self._unwritten.values())):
            if not self._done(partial(_write, *_as_rows(job))):
                return
            del self._unwritten[job.id]
        if self._unforgotten:
            if not self._done(lambda disk: delete(disk, sorted(self._unforgotten))):
                return
            self._unforgotten.clear()
        self._trouble.end()

    def _result(self, job_id: str) -> object:
        def read(disk: sqlite3.Connection) -> object:
            row = disk.execute("SELECT result FROM jobs WHERE id = ?", (job_id,)).fetchone()
            boxes = disk.execute("SELECT name, geometry, voxels FROM boxes WHERE job = ?", (job_id,))
            found = {name: (json.loads(geometry), voxels) for name, geometry, voxels in boxes}
            return restored(json.loads(row["result"]) if row and row["result"] else None, found)

        return self._try(read)

    def _done(self, act: Callable[[sqlite3.Connection], None]) -> bool:
        """Whether `act` was done."""
        return self._try(lambda disk: (act(disk),)) is not None

    def _try(self, act: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `act` gives in one transaction, None where the disk fails, which is said once."""
        with self._lock:
            if self._disk is None:
                return None
            try:
                with self._disk:
                    return act(self._disk)
            except sqlite3.Error as error:
                self._trouble.begin(UNWRITABLE.format(getattr(error, "sqlite_errorname", type(error).__name__)))
                return None

    def _open(self) -> None:
        """Open the file where that is still to be done: a disk may be read-only for a while."""
        with self._lock:
            if self._disk is not None or not self._mine:
                return
            try:
                if not self._owner.is_locked:
                    self._owner.acquire(timeout=0)
                self._disk = self._opened()
            except Timeout:
                self._mine = False
                self._trouble.begin(SHARED)
            except (OSError, sqlite3.Error) as error:
                self._trouble.begin(UNWRITABLE.format(type(error).__name__))

    def _opened(self) -> sqlite3.Connection:
        try:
            return connected(self._file)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            log.warning("the file of jobs is damaged and was set aside; jobs of before are not known any more")
            for part in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.remove(f"{self._file}{part}")
            os.replace(self._file, set_aside(self._file))
            return connected(self._file)


def _as_rows(job: Job) -> tuple[tuple, list[tuple]]:
    """A row of `jobs` in the order of COLUMNS, and those of `boxes`."""
    given = job.result if job.state == "done" else None
    result = getattr(given, "result", None)
    row = (
        job.id,
        job.kind,
        job.client,
        job.path,
        " ".join(sorted(job.about)),
        bytes(job.body),
        job.asked,
        job.ticks,
        job.begun,
        json.dumps({name: value for name, value in job.snapshot().items() if name != "id"}),
        json.dumps(result) if isinstance(result, dict) else None,
    )
    return row, [(job.id, name, json.dumps(geometry), voxels) for name, (geometry, voxels) in boxes_of(given).items()]


def _write(row: tuple, boxes: list[tuple], disk: sqlite3.Connection) -> None:
    disk.execute(PUT, row)
    disk.executemany("INSERT OR REPLACE INTO boxes VALUES (?,?,?,?)", boxes)


def _age(asked: float, ticks: float | None) -> float:
    """Seconds, by the computer's own clock, which nobody sets; by the one on the wall where the computer began anew since, or where nothing
    is known of the own."""
    own = -1.0 if ticks is None else time.monotonic() - ticks
    return own if own >= 0 else time.time() - asked


def _reason_to_end(job: Job, age: float) -> str | None:
    """age: seconds since it was asked for."""
    if not job.path:
        return UNKNOWN
    most, in_words = MOST_OF_BATCH if job.is_batch else MOST_BEGINNINGS
    if job.begun >= most:
        return TOO_OFTEN_DOWN.format(in_words)
    return TOO_LATE if age > STALE and not job.is_batch else None
