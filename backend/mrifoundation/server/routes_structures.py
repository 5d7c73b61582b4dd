"""Structures taught by example: which there are, teaching one from what is marked on a scan, forgetting it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request, Response

from mrifoundation.errors import InputError
from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_contours import kept_contours, known_contour, on_worker
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.refine_request import region_of
from mrifoundation.server.routes_search import segment_mask
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_structures import TaughtStructures, TeachStructureRequest
from mrifoundation.volume import Scan

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.engine.taught.card import Lesson
    from mrifoundation.tasks.teach.example import Example

router = APIRouter(
    prefix="/v1/structures", tags=["teach"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)}
)


@dataclass(frozen=True)
class TaughtOne:
    """What is told of a structure that was just taught."""

    result: dict


@router.get("", response_model=TaughtStructures, summary="What was taught on this computer")
async def structures(request: Request) -> dict:
    """Also what cannot be used, with the reason: taught for other weights, or damaged."""
    engine = request.app.state.backend.ready_engine()
    return {"structures": await run_sync(lambda: engine.taught.to_list())}


@router.post("", status_code=202, response_model=JobTicket, summary="Teach a structure from what is marked on a scan")
async def teach(request: Request, wanted: TeachStructureRequest) -> dict:
    """The job's result is the structure as `GET` lists it; from then on its name can be asked for like any other.

    A further volume improves it: all that taught it are fitted together. The same volume again takes the place of its earlier labels.
    """
    if sum(map(bool, (wanted.contour, wanted.segment, wanted.region))) != 1:
        raise InputError("Send exactly one of contour, segment and region: what of the volume the structure is.")
    scan = await run_sync(held, request, wanted.volume)
    unlabelled = region_of(request, wanted.volume, wanted.unlabelled) if wanted.unlabelled else None
    marked = await _marked(request, wanted, scan)
    engine = request.app.state.backend.engine
    if engine is not None:
        from mrifoundation.tasks.teach.naming import chosen_name

        await run_sync(chosen_name, engine, wanted.name, wanted.synonyms, wanted.improve)

    def work(engine: "Engine", job: Job) -> TaughtOne:
        from mrifoundation.tasks.teach.teaching import teach_structure

        card = teach_structure(
            engine,
            wanted.name,
            [_example(scan, marked, None if unlabelled is None else ~unlabelled.mask(), wanted.slices)],
            synonyms=wanted.synonyms,
            profile=wanted.profile,
            improve=wanted.improve,
            find_scan=_finder(request),
            progress=job.progress,
            cancel=job.cancelled,
        )
        return TaughtOne(engine.taught.to_dict(card.name))

    return {"job": request.app.state.backend.submit(work).id}


@router.post("/{name:path}/refresh", status_code=202, response_model=JobTicket, summary="Fit it to the weights at hand")
async def refresh(request: Request, name: str) -> dict:
    """After the weights changed, from the scans that can still be read; the others are left out, which its notes say."""
    await run_sync(_card, name)

    def work(engine: "Engine", job: Job) -> TaughtOne:
        from mrifoundation.tasks.teach.teaching import refresh_structure

        found = _finder(request)
        card = refresh_structure(engine, name, find_scan=found, progress=job.progress, cancel=job.cancelled)
        return TaughtOne(engine.taught.to_dict(card.name))

    return {"job": request.app.state.backend.submit(work).id}


@router.delete("/{name:path}", status_code=204, response_class=Response, summary="Forget a structure")
async def remove(request: Request, name: str) -> Response:
    """A name that the weights know as well is theirs again."""

    def work(engine: "Engine") -> None:
        from mrifoundation.engine.taught.files import remove_taught

        _card(name)
        remove_taught(name)

    await on_worker(request, work)
    return Response(status_code=204)


async def _marked(request: Request, wanted: TeachStructureRequest, scan: Scan) -> np.ndarray:
    if wanted.contour:
        return await on_worker(
            request, lambda engine: known_contour(kept_contours(request), wanted.volume, wanted.contour).mask.copy()
        )
    if wanted.segment:
        return await run_sync(segment_mask, request, wanted.segment, scan)
    return region_of(request, wanted.volume, wanted.region).mask()


def _example(scan: Scan, marked: np.ndarray, known: np.ndarray | None, plane: str | None) -> "Example":
    from mrifoundation.tasks.teach.example import Example, annotated

    # The card lies on disk, and clients call scans after files and patients.
    nameless = replace(scan, name=f"scan {scan.content_hash[:8]}")
    return Example(nameless, marked, annotated(marked, scan.affine, plane, known))


def _finder(request: Request):
    """Scans of lessons: held here, else in their files."""

    def find(lesson: "Lesson") -> Scan | None:
        from mrifoundation.tasks.teach.teaching import scan_in_file

        return request.app.state.volumes.get(lesson.volume) or scan_in_file(lesson)

    return find


def _card(name: str):
    from mrifoundation.engine.taught.files import find_card

    card = find_card(name)
    if card is None:
        raise HTTPException(404, "Nothing was taught by this name; list the structures.")
    return card
