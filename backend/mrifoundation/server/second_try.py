"""Work for which the memory did not suffice is tried once more, at the next lower detail, and its answer says so."""

import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from mrifoundation.server.job import Job
from mrifoundation.server.memory import is_out_of_memory

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.server.backend import Backend

log = logging.getLogger(__name__)

WITH_DETAIL = frozenset({"encode", "segment", "search", "why", "classify", "report", "quality"})
"""Kinds that may be done twice: they change nothing but caches. What is taught or added keeps the detail that was asked for."""


def with_second_try(backend: "Backend", work: Callable[["Engine", Job], Any], job: Job) -> Any:
    """What `work` gives, or the steps to it on another thread; raises what it raises, of a want of memory only the second."""
    engine = backend.loaded_engine()
    try:
        return work(engine, job)
    except BaseException as error:
        if not is_out_of_memory(error):
            raise
        log.warning("out of memory (%s, %s)", job.kind, type(error).__name__)
    # Out here the error is gone, and with it the arrays that its frames held.
    backend.give_back_memory()
    if job.kind not in WITH_DETAIL:
        raise MemoryError
    return _one_detail_lower(engine, work, job)


def _one_detail_lower(engine: "Engine", work: Callable[["Engine", Job], Any], job: Job) -> Generator[None, None, Any]:
    job.progress("again", 0.0, "The computer ran out of memory; trying again at a lower detail.")
    job.memory_ran_out = True
    yield  # and go on on a thread that holds nothing of the first try
    with engine.one_detail_lower() as lowered:
        given = work(engine, job)
    for wanted, taken in lowered.items():
        job.note(f"The computer ran out of memory at the detail {wanted}; this was done at the detail {taken}.")
    if isinstance(result := getattr(given, "result", None), dict):
        result["notes"] = [*result.get("notes", []), *job.snapshot()["notes"]]
    return given
