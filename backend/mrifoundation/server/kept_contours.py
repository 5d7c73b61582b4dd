"""The contours of this service, and the worker thread on which alone they are touched."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fastapi import HTTPException, Request

from mrifoundation.engine.folders import cache_folder
from mrifoundation.errors import InputError
from mrifoundation.server.backend import STOPPING, Backend
from mrifoundation.server.memory import OUT_OF_MEMORY

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.refine import Contour, Contours

Result = TypeVar("Result")

INCOMPLETE = (
    "The last steps of this contour cannot be read from the disk (it is damaged, or from a newer version), so it stays as it is; "
    "open a new one from it."
)
PATIENCE = 30.0  # seconds between two looks at whether the work is done


def kept_contours(request: Request) -> "Contours":
    """The contours of this service; only on the worker thread, and only once the model is loaded, since this needs torch."""
    state = request.app.state
    if not hasattr(state, "contours"):
        from mrifoundation.tasks.refine import Contours

        state.contours = Contours(cache_folder("contours"))
    return state.contours


async def on_worker(request: Request, work: Callable[["Engine"], Result]) -> Result:
    """What `work` gives on the worker thread, or what it raises."""
    backend: Backend = request.app.state.backend
    backend.ready_engine()
    outcome: list = []

    def attempt(engine: "Engine", job: object) -> None:
        try:
            outcome.append((work(engine), None))
        except (InputError, HTTPException) as error:
            outcome.append((None, error))

    job = backend.submit(attempt, kept=False)
    while not job.finished:
        await job.wait_for_change(job.version, PATIENCE)
    if not outcome:
        if job.state == "cancelled":
            raise HTTPException(503, STOPPING, {"Retry-After": "10"})
        error = job.snapshot()["error"]
        raise HTTPException(507 if error == OUT_OF_MEMORY else 500, error)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def known_contour(contours: "Contours", volume_id: str, segment: str, only_to_look: bool = False) -> "Contour":
    """The contour that is kept; `only_to_look`: also one whose last steps cannot be read from the disk, which nothing may be made of."""
    found = contours.get(segment)
    if found is None or found.about.volume != volume_id:
        raise HTTPException(404, "No contour with this id is kept for this volume; open one.")
    if not found.is_complete and not only_to_look:
        raise HTTPException(404, INCOMPLETE)
    return found
