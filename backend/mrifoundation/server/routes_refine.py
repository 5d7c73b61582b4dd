"""Correcting contours by marks: every answer is the box that changed, at once.

All of it runs on the worker thread, one request after the other, so that two clients never change one contour at the same time.
"""

import gzip
import json
from typing import TYPE_CHECKING, Annotated

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Request, Response

from mrifoundation.server.kept_contours import kept_contours, known_contour, on_worker
from mrifoundation.server.operations import operations_of
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.refine_request import begun_mask, edited_mask, marks_of
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas_refine import (
    ContourDetail,
    ContourList,
    ContourState,
    EditRequest,
    RefineRequest,
    ReviewRequest,
)
from mrifoundation.volume import Scan
from mrifoundation.volume.box import Box

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.refine import Contour, Contours
    from mrifoundation.tasks.refine.review import Review

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
        contours = kept_contours(request)
        opened = wanted.segment is None
        contour = (
            _open(contours, engine, scan, wanted, begun)
            if opened
            else known_contour(contours, volume_id, wanted.segment)
        )
        box = contours.mark(contour, engine, scan, marks)
        whole = opened and wanted.prompt and begun is None
        return _voxels(contour, contour.whole_box() if whole else box, scan, accept_encoding)

    return await on_worker(request, work)


@router.get("", response_model=ContourList, summary="The contours of a scan, the oldest first")
async def contours(request: Request, volume_id: str) -> dict:
    scan = await run_sync(held, request, volume_id)
    return {
        "segments": await on_worker(
            request, lambda engine: [_state(one, scan) for one in kept_contours(request).of_volume(volume_id)]
        )
    }


@router.get("/{segment}", response_model=ContourDetail, summary="A contour and its marks")
async def contour(request: Request, volume_id: str, segment: str) -> dict:
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> dict:
        found = known_contour(kept_contours(request), volume_id, segment, only_to_look=True)
        marks = [{key: value for key, value in step.mark.to_json().items() if key != "start"} for step in found.steps]
        return _state(found, scan) | {"marks": marks, "reviews": [_decided(found, one) for one in found.reviews]}

    return await on_worker(request, work)


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
        found = known_contour(kept_contours(request), volume_id, segment, only_to_look=True)
        return _voxels(found, found.whole_box(), scan, accept_encoding)

    return await on_worker(request, work)


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


@router.post(
    "/{segment}/edit",
    response_class=Response,
    responses=VOXELS,
    summary="What another editor did to the contour, and operations on it",
)
async def edit(
    request: Request, volume_id: str, segment: str, wanted: EditRequest, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """A step for what the other editor did and one for the operations; none for what changed nothing."""
    request.app.state.backend.ready_engine()
    scan = await run_sync(held, request, volume_id)
    begun = await run_sync(edited_mask, request, volume_id, scan, wanted)

    def work(engine: "Engine") -> Response:
        from mrifoundation.tasks.postprocess import apply
        from mrifoundation.tasks.refine.contour import union
        from mrifoundation.tasks.refine.edit import OPERATION

        contours = kept_contours(request)
        found = known_contour(contours, volume_id, segment)
        operations = operations_of(request, contours, volume_id, scan, wanted.operations)
        edited = found.mask if begun is None else begun
        mask = apply(edited, scan.spacing, operations)  # before anything is done, so that a refusal changes nothing
        boxes = [contours.edit(found, edited), contours.edit(found, mask, OPERATION)]
        return _voxels(found, union(boxes), scan, accept_encoding)

    return await on_worker(request, work)


@router.post("/{segment}/review", response_model=ContourState, summary="Accept or reject a contour")
async def review(request: Request, volume_id: str, segment: str, wanted: ReviewRequest) -> dict:
    """Kept with the time, and with the name when one is sent, in the contour's own history; nothing is ever taken out of it."""
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> dict:
        found = known_contour(kept_contours(request), volume_id, segment)
        kept_contours(request).review(found, wanted.accept, wanted.by.strip())
        return _state(found, scan)

    return await on_worker(request, work)


@router.delete("/{segment}", status_code=204, response_class=Response, summary="Delete a contour with its history")
async def remove(request: Request, volume_id: str, segment: str) -> Response:
    def work(engine: "Engine") -> None:
        contours = kept_contours(request)
        contours.remove(known_contour(contours, volume_id, segment, only_to_look=True))

    await on_worker(request, work)
    return Response(status_code=204)


async def _moved(request: Request, volume_id: str, segment: str, way: str, accept_encoding: str) -> Response:
    scan = await run_sync(held, request, volume_id)

    def work(engine: "Engine") -> Response:
        found = known_contour(kept_contours(request), volume_id, segment)
        return _voxels(found, getattr(kept_contours(request), way)(found), scan, accept_encoding)

    return await on_worker(request, work)


def _open(
    contours: "Contours", engine: "Engine", scan: Scan, wanted: RefineRequest, begun: np.ndarray | None
) -> "Contour":
    if wanted.prompt and begun is None:
        begun = engine.segment(engine.encode(scan, wanted.profile), [wanted.prompt], likeliest=True).labels == 1
    return contours.open(scan, begun, name=wanted.name, prompt=wanted.prompt, profile=wanted.profile)


def _state(contour: "Contour", scan: Scan) -> dict:
    about = contour.about
    return {
        "segment": about.id,
        "name": about.name,
        "prompt": about.prompt,
        "profile": about.profile,
        "position": contour.position,
        "steps": len(contour.steps),
        "complete": contour.is_complete,
        "volume_ml": round(int(np.count_nonzero(contour.mask)) * scan.voxel_ml, 4),
        "review": _decided(contour, contour.reviews[-1]) if contour.reviews else None,
    }


def _decided(contour: "Contour", review: "Review") -> dict:
    from mrifoundation.tasks.refine.review import fingerprint

    told = {name: getattr(review, name) for name in ("verdict", "by", "at", "position")}
    return told | {"current": review.fingerprint == fingerprint(contour.mask)}


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
