"""Watching a job, cancelling it, and fetching what it gave: the JSON object of any job, label map and heat maps where it made some."""

import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_result import Answer
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.readers import shown_result
from mrifoundation.server.schemas import JobState, Problem

LONGEST_WAIT = 60.0  # seconds
HEARTBEAT = 15.0  # seconds; keeps proxies from closing a silent stream

UNFINISHED = {
    409: {
        "model": Problem,
        "description": "The job has no result: it is not finished, failed, was cancelled, or only encoded.",
    }
}

Patience = Annotated[float, Query(ge=0, le=LONGEST_WAIT, allow_inf_nan=False)]

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"], responses={code: PROBLEMS[code] for code in (401, 404)})


@router.get("", response_model=JobState, summary="How far a job is")
async def job_state(
    request: Request,
    job_id: str,
    wait: Annotated[Patience, Query(description="Seconds to wait for a change.")] = 0,
) -> dict:
    """With `wait` the answer comes at the first change, at once when the job is finished, and after `wait` seconds at
    the latest."""
    job = _job(request, job_id)
    if wait:
        await job.wait_for_change(job.version, wait)
    return job.snapshot()


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "One JobState a change, the last one finished."}
    },
    summary="The same as server-sent events",
)
async def job_events(request: Request, job_id: str) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(_job(request, job_id)), media_type="text/event-stream", headers=headers)


@router.delete("", response_model=JobState, summary="Cancel a job")
async def cancel(request: Request, job_id: str) -> dict:
    """A queued job is cancelled at once, a running one at its next step; a finished one stays as it is."""
    job = _job(request, job_id)
    job.cancel()
    return job.snapshot()


@router.get("/result", responses=UNFINISHED, summary="What a finished job gave, as JSON")
async def result(request: Request, job_id: str) -> dict:
    """The object that the request which made the job describes: of a segmentation its table, of a search its hits ..."""
    given = getattr(finished(request, job_id), "result", None)
    if not isinstance(given, dict):
        raise HTTPException(409, "The job has no result to fetch; it only prepared something.")
    return shown_result(request, given)


@router.get(
    "/heatmap",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "float32, 0 to 1, gzip."},
        **UNFINISHED,
    },
    summary="Where an answer comes from",
)
async def heat_map(
    request: Request, job_id: str, head: str = "", which: str = "", accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """Of the head, or of the query or case of a comparison: a box in C order with `X-Geometry` as of `/labels`."""
    maps = getattr(finished(request, job_id), "heat_maps", {})
    key = head or which or next(iter(maps), "")
    if key not in maps:
        raise HTTPException(404, f"The job has no heat map '{key[:80]}'; it has {', '.join(maps) or 'none'}.")
    return await _box(*maps[key], accept_encoding)


@router.get(
    "/labels",
    response_class=Response,
    responses={
        200: {
            "content": {"application/octet-stream": {}},
            "headers": {
                "X-Geometry": {
                    "schema": {"type": "string"},
                    "description": "JSON: start and shape of the box, full_shape, dtype, affine of the full grid.",
                }
            },
            "description": "The smallest box with every label, C order of [i, j, k], little endian; may be empty.",
        },
        **UNFINISHED,
    },
    summary="The label map of a finished segmentation",
)
async def labels(request: Request, job_id: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    answer = _answer(request, job_id)
    return await _box(answer.geometry, answer.packed_labels, accept_encoding)


async def _box(geometry: dict, packed: bytes, accept_encoding: str) -> Response:
    """Voxels of a box, gzipped as they are kept when the client accepts that."""
    headers = {"X-Geometry": json.dumps(geometry), "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding.lower():
        headers["Content-Encoding"] = "gzip"
        return Response(packed, media_type="application/octet-stream", headers=headers)
    return Response(await run_sync(gzip.decompress, packed), media_type="application/octet-stream", headers=headers)


def _job(request: Request, job_id: str) -> Job:
    job = request.app.state.backend.jobs.get(job_id)
    if job is None:
        raise HTTPException(404, "No job with this id is kept; ask again.")
    return job


async def done_within(job: Job, seconds: float) -> bool:
    """Wait for the end of a job, `seconds` at most; whether it has given its result."""
    until = time.monotonic() + seconds
    while not job.finished and (left := until - time.monotonic()) > 0:
        await job.wait_for_change(job.version, left)
    return job.state == "done"


def finished(request: Request, job_id: str) -> object:
    """What the job gave; 404 when it is not kept, 409 when it has not given anything (yet)."""
    job = _job(request, job_id)
    if not job.finished:
        raise HTTPException(409, "The job is not finished yet; wait until its state is done.")
    if job.state != "done":
        known = job.snapshot()
        raise HTTPException(409, known["error"] or f"The job has no result (it is {known['state']}); ask again.")
    return job.result


def _answer(request: Request, job_id: str) -> Answer:
    given = finished(request, job_id)
    if not isinstance(given, Answer):
        raise HTTPException(409, "The job has no segmentation (it did something else); segment again.")
    return given


async def _events(job: Job) -> AsyncIterator[str]:
    while True:
        version, snapshot = job.version, job.snapshot()
        yield f"data: {json.dumps(snapshot)}\n\n"
        if snapshot["state"] in ("done", "failed", "cancelled"):
            return
        while job.version == version:
            await job.wait_for_change(version, HEARTBEAT)
            if job.version == version:
                yield ": still there\n\n"
