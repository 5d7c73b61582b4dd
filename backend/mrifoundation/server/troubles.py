"""What the disk refuses, such as a full one does: looked at anew whenever somebody asks and every second until it is over, so that what was
not taken is written as soon as there is room, and a crash later on loses nothing of it."""

import asyncio
import logging

from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.datastructures import State

log = logging.getLogger(__name__)

LOOKED_AT_EVERY = 1.0  # seconds


def troubles(state: State) -> list[str]:
    """A sentence for each; writes what is due where the disk takes it again. May write to the disk."""
    backend = state.backend
    found = (state.volumes.trouble, backend.engine.trouble if backend.engine else None, backend.jobs.trouble)
    return [trouble for trouble in found if trouble]


async def catch_up_by_and_by(app: FastAPI) -> None:
    """Costs nothing while there is no trouble; a fault of one look does not end the looking."""
    while True:
        await asyncio.sleep(LOOKED_AT_EVERY)
        try:
            await run_sync(troubles, app.state)
        except Exception:
            log.exception("what the disk refused could not be looked at")
