"""What a running service forgets of a patient who was purged: whatever of their scans and cases it still holds."""

from collections.abc import Collection

from anyio.to_thread import run_sync
from fastapi import FastAPI

from mrifoundation.engine.kept_scans import forget_scans
from mrifoundation.server.jobs import Jobs

PATIENCE = 30.0  # seconds between two looks whether the service is stopping


async def forget(app: FastAPI, traces: Collection[str], scans: Collection[str]) -> None:
    """Return when it is done. traces: content hashes of scans and ids of cases; jobs that tell of them end. scans: hashes of scans of which
    nothing may be left."""
    jobs: Jobs = app.state.backend.jobs
    for job in await run_sync(jobs.erase, traces):
        while not job.finished and not jobs.stopping:
            await job.wait_for_change(job.version, PATIENCE)
    await run_sync(_forget_held, app, scans)


def _forget_held(app: FastAPI, scans: Collection[str]) -> None:
    """What is in memory, and what a job that was still running has kept on disk meanwhile."""
    state = app.state
    forget_scans(scans)
    for scan in scans:
        state.volumes.forget(scan)
        state.sources.drop(scan)
        state.regions.forget(scan)
        if state.backend.engine:
            state.backend.engine.forget(scan)
        if hasattr(state, "contours"):
            state.contours.forget(scan)
