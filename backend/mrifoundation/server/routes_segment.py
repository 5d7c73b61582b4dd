"""Encoding a scan and segmenting it by text: both are jobs."""

from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from mrifoundation.errors import InputError
from mrifoundation.server.backend import Backend
from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_result import Answer
from mrifoundation.server.organ_sets import is_known, organ_prompts, organs_of
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import EncodeRequest, JobTicket, SegmentRequest, SegmentResult
from mrifoundation.server.transfer import label_box

if TYPE_CHECKING:
    from mrifoundation.engine import Engine

RESPONSES = {code: PROBLEMS[code] for code in (401, 404, 422, 503)}

router = APIRouter(prefix="/v1/volumes/{volume_id}", tags=["segment"], responses=RESPONSES)


@router.post("/encode", status_code=202, response_model=JobTicket, summary="Encode a scan, the one slow step")
async def encode(request: Request, volume_id: str, wanted: EncodeRequest | None = None) -> dict:
    """Segmenting encodes by itself when it has to; this is for doing it ahead of the first prompt."""
    scan = await run_sync(held, request, volume_id)
    profile = (wanted or EncodeRequest()).profile

    def work(engine: "Engine", job: Job) -> None:
        engine.encode(scan, profile, progress=job.progress, cancel=job.cancelled)

    return {"job": request.app.state.backend.submit(work).id}


@router.post("/segment", status_code=202, response_model=JobTicket, summary="Segment a scan by text")
async def segment(request: Request, volume_id: str, wanted: SegmentRequest) -> dict:
    """Each prompt becomes one value of the label map, in order; with `expand`, each structure that a prompt stands for.

    A prompt that is not understood is refused with the nearest known names, unless `free_text` is on: at once with 422,
    or, while the model still loads, as the error of the job.
    """
    backend: Backend = request.app.state.backend
    scan = await run_sync(held, request, volume_id)
    if not (wanted.prompts or wanted.set or wanted.organs):
        raise InputError("There is no prompt; name at least one structure, a structure set or a set of organs at risk.")
    if backend.engine is not None:
        await run_sync(_understood, backend.engine, wanted, scan.content_hash)

    def work(engine: "Engine", job: Job) -> Answer:
        from mrifoundation.tasks.segment import as_json

        prompts = _understood(engine, wanted, scan.content_hash)
        encoding = engine.encode(scan, wanted.profile, progress=job.progress, cancel=job.cancelled)
        result = engine.segment(
            encoding, prompts, wanted.free_text, wanted.expand, job.progress, job.cancelled, likeliest=True
        )
        if wanted.tidy:
            from mrifoundation.tasks.postprocess import Tidying, tidied

            result = tidied(result, engine.vocabulary, Tidying(**wanted.tidy.model_dump()))
        by_hand = [organ.name for organ in organs_of(engine, wanted.organs) if not is_known(engine, organ)]
        table = SegmentResult(**as_json(result), by_hand=by_hand)
        return Answer(table.model_dump(), *label_box(result.labels, result.affine))

    return {"job": backend.submit(work).id}


def _understood(engine: "Engine", wanted: SegmentRequest, scan_hash: str) -> list[str]:
    """The prompts with those of the structure set; raises InputError when the engine does not understand one of
    them. Free text is never refused, and what is suggested instead comes with its answer: the scan need not be looked at here."""
    prompts = list(wanted.prompts)
    if wanted.set:
        prompts += engine.prompts_of_set(wanted.set)
    prompts += organ_prompts(engine, wanted.organs)
    engine.understand(prompts, wanted.free_text, wanted.expand, None if wanted.free_text else scan_hash)
    return prompts
