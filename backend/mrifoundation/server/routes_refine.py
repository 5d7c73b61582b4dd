"""Correcting contours by marks: every answer is the box that changed, at once.

All of it runs on the worker thread, one request after the other, so that two clients never change one contour at the same time.
"""

import gzip
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, HTTPException, Request, Response

from mrifoundation.engine.folders import cache_folder
from mrifoundation.errors import InputError
from mrifoundation.server.backend import Backend
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.refine_request import begun_mask, marks_of
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas_refine import ContourDetail, ContourList, RefineRequest
from mrifoundation.volume import Scan
from mrifoundation.volume.box import Box

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.refine import Contour, Contours

Result = TypeVar("Result")

PATIENCE = 30.0  # seconds between two looks at whether the work is done

VOXELS = {
    200: {
        "content": {"application/octet-stream": {}},
        "headers": {
            "X-Geometry": {
                "schema": {"type": "string"},
                "description": "JSON, as of /labels: start, shape, full_shape, dtype, affine.",
            },
            "X-Contour": {"schema": {"type": "string"}, "description": "JSON: a ContourState."},
        },
        "description": "uint8, 1 inside, C order of [i, j, k], the box of all that changed; shape [0, 0, 0] when nothing did.",
    }
}

router = APIRouter(
    prefix="/v1/volumes/{volume_id}/refine",
    tags=["refine"],
    responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)},
)


@router.post("", response_class=Response, responses=VOXELS, summary="Correct a contour by marks, or open one")
async def refine(
    request: Request, volume_id: str, wanted: RefineRequest, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """Without `segment` a new contour begins: from a prompt, an earlier answer, an uploaded mask, or from the marks alone. A contour that
    began from a prompt is answered whole, every other answer is what changed. Marks are done in order, each can be undone alone."""
    request.app.state.backend.ready_engine()
    scan = await run_sync(held, request, volume_id)
    marks = await run_sync(marks_of, request, volume_id, scan, wanted.marks)
    begun = await run_sync(begun_mask, request, volume_id, scan, wanted)

    def work(engine: "Engine") -> Response:
        contours = _contours(request)
        opened = wanted.segment is None
        contour = (
            _open(contours, engine, scan, wanted, begun) if opened else _known(contours, volume_id, wanted.segment)
        )
        box = contours.mark(contour, engine, scan, marks)
        return _voxels(contour, contour.whole_box() if opened and wanted.prompt else box, scan, accept_encoding)

    return await _on_worker(request, work)


@router.get("", response_model=ContourList, summary="The contours of a scan, the oldest first")
async def contours(request: Request, volume_id: str) -> dict:
    scan = await run_sync(held, request, volume_id)
    return {
        "segments": await _on_worker(
            request, lambda engine: [_state(one, scan) for one in _contours(request).of_volume(volume_id)]
        )
    }


@router.get("/{segment}", response_model=ContourDetail, summary="A contour and its marks")
async def contour(request: Request, volume_id: str, segment: str) -> dict:
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> dict:
        found = _known(_contours(request), volume_id, segment)
        marks = [{key: value for key, value in step.mark.to_json().items() if key != "start"} for step in found.steps]
        return _state(found, scan) | {"marks": marks}

    return await _on_worker(request, work)


@router.get(
    "/{segment}/labels",
    response_class=Response,
    responses=VOXELS,
    summary="The whole contour, in the smallest box that holds it",
)
async def labels(
    request: Request, volume_id: str, segment: str, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> Response:
        found = _known(_contours(request), volume_id, segment)
        return _voxels(found, found.whole_box(), scan, accept_encoding)

    return await _on_worker(request, work)


@router.post("/{segment}/undo", response_class=Response, responses=VOXELS, summary="Take the last mark back")
async def undo(
    request: Request, volume_id: str, segment: str, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    return await _moved(request, volume_id, segment, "undo", accept_encoding)


@router.post("/{segment}/redo", response_class=Response, responses=VOXELS, summary="Do again what was undone")
async def redo(
    request: Request, volume_id: str, segment: str, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    return await _moved(request, volume_id, segment, "redo", accept_encoding)


@router.delete("/{segment}", status_code=204, response_class=Response, summary="Delete a contour with its history")
async def remove(request: Request, volume_id: str, segment: str) -> Response:
    await _on_worker(request, lambda engine: _contours(request).remove(_known(_contours(request), volume_id, segment)))
    return Response(status_code=204)


async def _moved(request: Request, volume_id: str, segment: str, way: str, accept_encoding: str) -> Response:
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> Response:
        found = _known(_contours(request), volume_id, segment)
        return _voxels(found, getattr(_contours(request), way)(found), scan, accept_encoding)

    return await _on_worker(request, work)


def _contours(request: Request) -> "Contours":
    """The contours of this service; only on the worker thread, and only once the model is loaded, since this needs torch."""
    state = request.app.state
    if not hasattr(state, "contours"):
        from mrifoundation.tasks.refine import Contours

        state.contours = Contours(cache_folder("contours"))
    return state.contours


async def _on_worker(request: Request, work: Callable[["Engine"], Result]) -> Result:
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
        raise HTTPException(500, job.snapshot()["error"] or "The service is stopping; ask again when it runs.")
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def _open(
    contours: "Contours", engine: "Engine", scan: Scan, wanted: RefineRequest, begun: np.ndarray | None
) -> "Contour":
    if wanted.prompt:
        begun = engine.segment(engine.encode(scan, wanted.profile), [wanted.prompt]).labels == 1
    return contours.open(scan, begun, name=wanted.name, prompt=wanted.prompt, profile=wanted.profile)


def _known(contours: "Contours", volume_id: str, segment: str) -> "Contour":
    found = contours.get(segment)
    if found is None or found.about.volume != volume_id:
        raise HTTPException(404, "No contour with this id is kept for this volume; open one.")
    return found


def _state(contour: "Contour", scan: Scan) -> dict:
    about = contour.about
    return {
        "segment": about.id,
        "name": about.name,
        "prompt": about.prompt,
        "profile": about.profile,
        "position": contour.position,
        "steps": len(contour.steps),
        "volume_ml": round(int(np.count_nonzero(contour.mask)) * scan.voxel_ml, 4),
    }


def _voxels(contour: "Contour", box: Box, scan: Scan, accept_encoding: str) -> Response:
    changed = np.ascontiguousarray(contour.mask[box], dtype=np.uint8)
    geometry = {
        "start": [int(b.start) for b in box],
        "shape": list(changed.shape),
        "full_shape": list(scan.shape),
        "dtype": "uint8",
        "affine": scan.affine.tolist(),
    }
    headers = {
        "X-Geometry": json.dumps(geometry),
        "X-Contour": json.dumps(_state(contour, scan)),
        "Vary": "Accept-Encoding",
    }
    content = changed.tobytes()
    if "gzip" in accept_encoding.lower():
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, compresslevel=1)
    return Response(content, media_type="application/octet-stream", headers=headers)
