"""The engine of a running service: loaded in the background, on the thread that will use it."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import HTTPException

from mrifoundation.errors import InputError
from mrifoundation.server.asked import asked
from mrifoundation.server.job import Job
from mrifoundation.server.job_store import JobStore
from mrifoundation.server.jobs import Jobs
from mrifoundation.server.memory import give_back, trim
from mrifoundation.server.second_try import with_second_try

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

log = logging.getLogger(__name__)

LONGEST_QUEUE = 200  # jobs; a job that waits keeps its scan in memory
BUSY = "Too many jobs wait already; ask again in a few seconds."
BUSY_CLIENT = "Too many of your jobs wait already; ask again when some are done."
STOPPING = "The service is stopping; ask again when it runs."
LOADING = "The model is still loading; ask again in a few seconds."


def load_engine(weights: Path | None, device: str) -> "Engine":
    """Import torch and load the model; only called on the worker thread, since the import alone takes seconds."""
    from mrifoundation.engine import Engine

    return Engine.load(weights, device)


def idle_seconds() -> float | None:
    """$MRIFOUNDATION_IDLE_MINUTES (default 15) in seconds, None for 0: after this time without work, memory is given back."""
    text = os.environ.get("MRIFOUNDATION_IDLE_MINUTES", "15")
    try:
        minutes = float(text)
        if not 0 <= minutes < 1e6:
            raise ValueError
    except ValueError:
        raise InputError(f"MRIFOUNDATION_IDLE_MINUTES is '{text}'; give a number of minutes, or 0 for never.") from None
    return minutes * 60 or None


class Backend:
    """The one engine and the jobs that wait for it. Loading is the first job, so that later ones simply queue behind
    it.

    store: where jobs survive a restart. shrink: gives back what else is held in memory and also lies on disk. ended: hears every
    finished job.
    """

    def __init__(
        self,
        load: Callable[[], "Engine"],
        longest_queue: int = LONGEST_QUEUE,
        store: JobStore | None = None,
        shrink: Callable[[], None] = lambda: None,
        ended: Callable[[Job], None] = lambda job: None,
    ):
        self.jobs = Jobs(store=store, idle_after=idle_seconds(), idle=self.give_back_memory, tidy=trim, ended=ended)
        self.engine: Engine | None = None
        self.problem: str | None = None
        self._load = load
        self._shrink = shrink
        self._longest_queue = longest_queue
        self._loading = self.jobs.submit(self._load_engine, kept=False)

    @property
    def status(self) -> tuple[str, str]:
        """("ok" | "loading" | "failed", a sentence about it)."""
        if self.problem:
            return "failed", self.problem
        return ("ok", "Ready.") if self.engine else ("loading", "The model is loading.")

    def ready_engine(self) -> "Engine":
        """The engine; 503 while it loads or when it could not be loaded."""
        if self.engine is None:
            raise HTTPException(503, self.problem or LOADING, {"Retry-After": "2"})
        return self.engine

    def submit(self, work: Callable[["Engine", Job], object], *, kept: bool = True) -> Job:
        """Queue `work(engine, job)`; it may be asked for while the model still loads; 429 when too much waits, of one client already
        when it is half of that, of one key from all its addresses when it is nine tenths. kept: as of `Jobs.submit`."""
        if self.problem:
            raise HTTPException(503, self.problem)
        if self.jobs.stopping:
            raise HTTPException(503, STOPPING, {"Retry-After": "10"})
        if asked.get().resumed is None:
            self._refuse_when_busy()
        return self.jobs.submit(lambda job: with_second_try(self, work, job), kept=kept)

    async def loaded(self) -> None:
        """Return when loading the model has ended, however it did."""
        while not self._loading.finished:
            await self._loading.wait_for_change(self._loading.version, 30.0)

    def give_back_memory(self) -> None:
        """Drop what can be had again from disk or by computing; only on the worker thread."""
        if self.engine is not None:
            self.engine.shrink()
        self._shrink()
        give_back()

    def _refuse_when_busy(self) -> None:
        if self.jobs.waiting >= self._longest_queue:
            raise HTTPException(429, BUSY, {"Retry-After": "5"})
        client = asked.get().client
        if not client:
            return
        many = self.jobs.waiting_of(client) >= max(1, self._longest_queue // 2)
        if many or self.jobs.waiting_of_key(client) >= max(1, self._longest_queue * 9 // 10):
            raise HTTPException(429, BUSY_CLIENT, {"Retry-After": "5"})

    def loaded_engine(self) -> "Engine":
        """The engine, for work on the worker thread; InputError when it could not be loaded."""
        if self.engine is None:
            raise InputError(self.problem or LOADING)
        return self.engine

    def _load_engine(self, job: Job) -> None:
        try:
            self.engine = self._load()
        except InputError as error:
            self.problem = str(error)
        except Exception as error:
            log.exception("the model could not be loaded")
            self.problem = f"The model could not be loaded ({type(error).__name__}); the service's log says more."
