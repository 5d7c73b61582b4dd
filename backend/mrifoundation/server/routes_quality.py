"""Checking contours: how sure their borders are, which slices to look at first, and what is unusual. A job."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from mrifoundation.errors import InputError
from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_contours import kept_contours, known_contour, on_worker
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.refine_request import region_of
from mrifoundation.server.routes_search import segment_mask
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_quality import ChosenSegment, QualityRequest, QualityResult
from mrifoundation.volume import Scan

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
    masks = {one.name: await _mask(request, volume_id, scan, one) for one in wanted.segments}

    def work(engine: "Engine", job: Job) -> Answer:
        from mrifoundation.tasks.quality import check

        encoding = engine.encode(scan, wanted.profile, progress=job.progress, cancel=job.cancelled)
        checked = check(engine, encoding, masks, job.progress, job.cancelled)
        return Answer(QualityResult(structures=[one.to_dict() for one in checked]).model_dump())

    return {"job": request.app.state.backend.submit(work).id}


async def _mask(request: Request, volume_id: str, scan: Scan, one: ChosenSegment) -> np.ndarray:
    """The mask of a segment; 404 where it is not held."""
    if sum(map(bool, (one.contour, one.segment, one.region))) != 1:
        raise InputError(f"'{one.name}' needs exactly one of contour, segment and region.")
    if one.segment:
        return await run_sync(segment_mask, request, one.segment, scan.shape)
    if one.region:
        return await run_sync(region_of(request, volume_id, one.region).mask)
    return await on_worker(
        request, lambda engine: known_contour(kept_contours(request), volume_id, one.contour).mask.copy()
    )
