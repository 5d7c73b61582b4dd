"""Searching the library, and why a hit is similar: both are jobs."""

import gzip
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, HTTPException, Query, Request

from mrifoundation.errors import InputError
from mrifoundation.server.audit import note
from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_result import Answer
from mrifoundation.server.library_folder import LibraryFolder
from mrifoundation.server.marked_regions import parse_region
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.readers import shown_result
from mrifoundation.server.request_memory import hold
from mrifoundation.server.routes_jobs import Patience, done_within
from mrifoundation.server.routes_volumes import BODY, held
from mrifoundation.server.schemas import AnsweredTicket, JobTicket
from mrifoundation.server.schemas_library import MarkedSegment, RegionTicket, SearchRequest, WhyRequest
from mrifoundation.server.transfer import float_box
from mrifoundation.volume import Scan
from mrifoundation.volume.same_grid import apart_mm

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

SAME_MM = 0.01  # that two grids may lie apart and still be one

router = APIRouter(prefix="/v1", tags=["search"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)})


@dataclass(frozen=True)
class Searched:
    """What a finished search gave, and the heat maps where it explained a hit."""

    result: dict
    heat_maps: dict[str, tuple[dict, bytes]] = field(default_factory=dict)


@router.post(
    "/volumes/{volume_id}/region", response_model=RegionTicket, openapi_extra=BODY, summary="Mark a region of a scan"
)
async def mark_region(
    request: Request,
    volume_id: str,
    x_geometry: Annotated[str, Header(description="JSON: start and shape of the box, full_shape of the scan.")],
    content_encoding: Annotated[str | None, Header(description="gzip or deflate.")] = None,
) -> dict:
    """One byte a voxel of the box in C order, not 0 where the region is. Kept until other regions take its place."""
    scan = await run_sync(held, request, volume_id)
    hold(request, math.prod(scan.shape))  # what a small body may unpack to
    region = await run_sync(parse_region, volume_id, scan.shape, x_geometry, await request.body(), content_encoding)
    return {"region": request.app.state.regions.add(region)}


@router.post("/search", status_code=202, response_model=AnsweredTicket, summary="Find similar cases")
async def search(
    request: Request,
    wanted: SearchRequest,
    wait: Annotated[Patience, Query(description="Seconds after which the job is still followed as any other.")] = 0,
) -> dict:
    """By a scan, a region of it, words, a report, or a scan together with words; the job's result has hits, best first, and notes.
    A search that is done within `wait` seconds brings its result along."""
    scan = await run_sync(held, request, wanted.volume) if wanted.volume else None
    note(request.scope, *([wanted.volume] if wanted.volume else []))
    mask = await run_sync(_mask, request, wanted, scan)
    if scan is None and not (wanted.text.strip() or wanted.report.strip()):
        raise InputError("There is nothing to search for; send a volume, text or a report.")
    _check_filters(wanted.filters)
    folder: LibraryFolder = request.app.state.library

    def work(engine: "Engine", job: Job) -> Searched:
        from mrifoundation.tasks.search import Wanted, search_library

        library = folder.library(engine)
        if not library.exists:
            return Searched({"hits": [], "searched": 0, "notes": ["The library is empty; add scans to it."]})
        told = wanted.model_dump(
            include={"text", "report", "filters", "collections", "k", "profile", "exclude_same_patient"}
        )
        return Searched(search_library(engine, library, Wanted(scan, mask, **told), job.progress, job.cancelled))

    job = request.app.state.backend.submit(work)
    result = getattr(job.result, "result", None) if await done_within(job, wait) else None
    return {"job": job.id, "result": result and shown_result(request, result)}


@router.post("/search/why", status_code=202, response_model=JobTicket, summary="Why a case is similar")
async def why(request: Request, wanted: WhyRequest) -> dict:
    """Structures that both have, the rigid way from the case onto the scan, and a heat map on each
    (`/v1/jobs/{id}/heatmap?which=query|case`), whose grid is coarse and their own."""
    scan = await run_sync(held, request, wanted.volume)
    folder: LibraryFolder = request.app.state.library
    await run_sync(folder.case, request.app.state.backend.engine, wanted.case)

    def work(engine: "Engine", job: Job) -> Searched:
        from mrifoundation.tasks.search_why import explain

        library = folder.library(engine)
        found = explain(engine, library, scan, wanted.case, wanted.profile, job.progress, job.cancelled)
        maps = {"query": found.query, "case": found.case}
        return Searched(found.to_dict(), {name: float_box(one.values, one.affine, 0.0) for name, one in maps.items()})

    return {"job": request.app.state.backend.submit(work).id}


def _check_filters(filters: dict) -> None:
    from mrifoundation.library.filters import condition, volume_conditions

    condition(filters)
    volume_conditions(filters)


def _mask(request: Request, wanted: SearchRequest, scan) -> np.ndarray | None:
    """The marked region on the scan's grid, or None when the whole scan asks."""
    if wanted.segment is None and wanted.region is None:
        return None
    if scan is None or (wanted.segment and wanted.region):
        raise InputError("A region needs its volume, and is either a segment or an uploaded region; send one of them.")
    if wanted.segment:
        return segment_mask(request, wanted.segment, scan)
    region = request.app.state.regions.get(wanted.region)
    if region is None or region.volume != wanted.volume:
        raise HTTPException(404, "No region with this id is held for this volume; send it again.")
    return region.mask()


def segment_mask(request: Request, segment: MarkedSegment, scan: Scan) -> np.ndarray:
    """bool [i, j, k] on the scan's own grid, of a finished segmentation of this very scan or of another one on its grid."""
    job = request.app.state.backend.jobs.get(segment.job)
    if job is None or not isinstance(job.result, Answer):
        raise HTTPException(404, "No segmentation with this job id is kept; segment again.")
    geometry = job.result.geometry
    shape = tuple(scan.shape)
    if apart_mm(geometry["full_shape"], np.array(geometry["affine"]), shape, scan.affine) > SAME_MM:
        raise InputError("The segmentation is of another scan; segment this one.")
    box = np.frombuffer(gzip.decompress(job.result.packed_labels), np.dtype(geometry["dtype"]).newbyteorder("<"))
    mask = np.zeros(shape, bool)
    place = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    mask[place] = np.isin(box.reshape(geometry["shape"]), segment.values)
    if not mask.any():
        raise InputError("The segment is empty; choose one that is in view.")
    return mask
