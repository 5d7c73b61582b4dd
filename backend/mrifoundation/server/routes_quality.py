"""Checking contours: how sure their borders are, which slices to look at first, and what is unusual. A job."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from mrifoundation.errors import InputError
from mrifoundation.server.chosen_mask import chosen_mask
from mrifoundation.server.jobs import Job
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_quality import QualityRequest, QualityResult

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

router = APIRouter(
    prefix="/v1/volumes/{volume_id}", tags=["refine"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)}
)


@dataclass(frozen=True)
class Answer:
    """What a finished check gave."""

    result: dict


@router.post("/quality", status_code=202, response_model=JobTicket, summary="What to look at before trusting contours")
async def quality(request: Request, volume_id: str, wanted: QualityRequest) -> dict:
    """The job's result is a QualityResult. The doubt is the network's own: it misses what the network is wrong about without knowing."""
    request.app.state.backend.ready_engine()
    scan = await run_sync(held, request, volume_id)
    if len({one.name for one in wanted.segments}) < len(wanted.segments):
        raise InputError("Two segments have the same name; send each under a name of its own.")
    masks = {one.name: await chosen_mask(request, volume_id, scan, one) for one in wanted.segments}

    def work(engine: "Engine", job: Job) -> Answer:
        from mrifoundation.tasks.quality import check

        encoding = engine.encode(scan, wanted.profile, progress=job.progress, cancel=job.cancelled)
        checked = check(engine, encoding, masks, job.progress, job.cancelled)
        return Answer(QualityResult(structures=[one.to_dict() for one in checked]).model_dump())

    return {"job": request.app.state.backend.submit(work).id}
