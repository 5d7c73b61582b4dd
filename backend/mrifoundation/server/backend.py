"""The engine of a running service: loaded in the background, on the thread that will use it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import HTTPException

from mrifoundation.errors import InputError
from mrifoundation.server.jobs import Job, Jobs

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

log = logging.getLogger(__name__)

LONGEST_QUEUE = 200  # jobs; a job that waits keeps its scan in memory
BUSY = "Too many jobs wait already; ask again in a few seconds."
LOADING = "The model is still loading; ask again in a few seconds."


def load_engine(weights: Path | None, device: str) -> "Engine":
    """Import torch and load the model; only called on the worker thread, since the import alone takes seconds."""
    from mrifoundation.engine import Engine

    return Engine.load(weights, device)


class Backend:
    """The one engine and the jobs that wait for it. Loading is the first job, so that later ones simply queue behind
    it."""

    def __init__(self, load: Callable[[], "Engine"], longest_queue: int = LONGEST_QUEUE):
        self.jobs = Jobs()
        self.engine: Engine | None = None
        self.problem: str | None = None
        self._load = load
        self._longest_queue = longest_queue
        self.jobs.submit(self._load_engine)

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
        """Queue `work(engine, job)`; it may be asked for while the model still loads; 429 when too much waits.
        kept: as of `Jobs.submit`."""
        if self.problem:
            raise HTTPException(503, self.problem)
        if self.jobs.waiting >= self._longest_queue:
            raise HTTPException(429, BUSY, {"Retry-After": "5"})
        return self.jobs.submit(lambda job: work(self._loaded(), job), kept=kept)

    def _loaded(self) -> "Engine":
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
