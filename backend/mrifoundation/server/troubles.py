"""What the disk refuses, such as a full one does, and what else does not work: looked at anew whenever somebody asks, and every second, so
that what was not taken is written as soon as there is room, and a crash later on loses nothing of it."""

from fastapi import FastAPI
from starlette.datastructures import State

LOOKED_AT_EVERY = 1.0  # seconds


def troubles(state: State) -> list[str]:
    """A sentence for each; writes what is due where the disk takes it again. May write to the disk."""
    backend, audit = state.backend, state.audit
    found = (
        state.volumes.trouble,
        backend.engine.trouble if backend.engine else None,
        backend.jobs.trouble,
        audit.trouble if audit else None,
        *state.background.troubles,
    )
    told = [trouble for trouble in found if trouble]
    state.metrics.saw_troubles(len(told))
    return told


async def catch_up_by_and_by(app: FastAPI) -> None:
    """Costs nothing while there is no trouble."""
    await app.state.background.by_and_by(
        lambda: troubles(app.state), LOOKED_AT_EVERY, "looking at what the disk refused"
    )
