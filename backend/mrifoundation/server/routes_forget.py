"""Forgetting a scan that was sent."""

from dataclasses import asdict

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request

from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.schemas import ForgottenVolume
from mrifoundation.server.volumes import ID
from mrifoundation.tasks.forget_kept import forget_kept

NOTHING_KEPT = "Nothing is kept of a volume with this id; it was forgotten already, or never sent."

router = APIRouter(prefix="/v1/volumes", tags=["volumes"], responses={401: PROBLEMS[401]})


@router.delete(
    "/{volume_id}",
    response_model=ForgottenVolume,
    responses={404: PROBLEMS[404]},
    summary="Forget this scan, with all that was made of it",
)
async def forget_volume(request: Request, volume_id: str) -> dict:
    """The upload, its encodings and contours, in memory and on disk, and the jobs that were asked about it, which are cancelled where they
    are not done; ingests that are over go as well. A case of the library that is of the same scan stays: an admin purges it. 404 when
    nothing is kept, as after the first time."""
    if not ID.fullmatch(volume_id):
        raise HTTPException(404, NOTHING_KEPT)
    was_held = volume_id in request.app.state.volumes
    forgotten = asdict(await run_sync(forget_kept, [volume_id]))
    if not was_held and not any(forgotten.values()):
        raise HTTPException(404, NOTHING_KEPT)
    await request.app.state.forget([volume_id], [volume_id])
    return forgotten
