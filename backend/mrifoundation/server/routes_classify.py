"""Heads: which there are, and what they say of a scan."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from mrifoundation.errors import InputError
from mrifoundation.server.jobs import Job
from mrifoundation.server.library_folder import LibraryFolder
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_classify import ClassifyRequest, Heads, TeachRequest
from mrifoundation.server.transfer import float_box
from mrifoundation.volume import Scan

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.library import Library
    from mrifoundation.tasks.classify.classification import Classification
    from mrifoundation.tasks.classify.kind_of_scan import KindOfScan
    from mrifoundation.tasks.classify.labelled import Labelled

router = APIRouter(prefix="/v1", tags=["classify"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)})


@dataclass(frozen=True)
class Answers:
    """A finished classification in the form in which it is sent; heat_maps: head → geometry and gzipped float32."""

    result: dict
    heat_maps: dict[str, tuple[dict, bytes]]


@dataclass(frozen=True)
class Taught:
    """The card of a head that was just taught."""

    result: dict


@router.get("/heads", response_model=Heads, summary="Which heads there are")
async def heads() -> dict:
    """Shipped ones and the user's own, with what they were trained on and their cross-validated figures."""
    return {"heads": await run_sync(_cards)}


@router.post("/heads", status_code=202, response_model=JobTicket, summary="Teach a head from labelled cases")
async def teach(request: Request, wanted: TeachRequest) -> dict:
    """From a column of a collection, or from cases with their labels. The job's result is the card of the head, which is one of the
    user's own from then on. Too few patients of a class, or one class alone, is refused in the job's error. Other requests are answered
    between two examinations."""
    if bool(wanted.collection) == bool(wanted.cases):
        raise InputError("Name what to learn from: either a collection with its column, or cases with their labels.")
    folder: LibraryFolder = request.app.state.library

    def work(engine: "Engine", job: Job) -> Generator[None, None, Taught]:
        from mrifoundation.tasks.classify.head import save_head
        from mrifoundation.tasks.classify.head_files import own_folder
        from mrifoundation.tasks.classify.teaching import teaching_head

        cases = _labelled_cases(folder.library(engine), wanted)
        head = yield from teaching_head(
            engine, wanted.name, cases, wanted.structures, wanted.profile, job.progress, job.cancelled
        )
        return Taught(save_head(own_folder(), head).card.to_dict())

    return {"job": request.app.state.backend.submit(work).id}


@router.post(
    "/volumes/{volume_id}/classify", status_code=202, response_model=JobTicket, summary="Ask heads about a scan"
)
async def classify(request: Request, volume_id: str, wanted: ClassifyRequest | None = None) -> dict:
    """The job's result: `{"answers": [{"head", "title", "applicable", "reason", "probabilities", "intervals", "interval_kind",
    "evidence", "caution", "sha256", "heat_map_shows"}], "scan": {"plane", "regions", "sequence", "contrast_agent", "probability",
    "sentence"}}`. interval_kind: "95 %", or "range over phrasings" of a sentence. sha256: of the head's numbers, as its card tells it.
    heat_map_shows: what is bright in the heat map, in words; "" where there is none. scan: what kind of scan the first series is, whatever
    heads say of it; sequence, contrast_agent and its probability are null where none stands out.

    With `sentence` and `versus` in place of heads it is one answer of the head "zero-shot".
    """
    wanted = wanted or ClassifyRequest()
    if (wanted.sentence is None) != (wanted.versus is None):
        raise InputError("Send sentence and versus together: a sentence and its opposite.")
    scans = await run_sync(study_scans, request, volume_id, wanted.study)
    folder: LibraryFolder = request.app.state.library

    def work(engine: "Engine", job: Job) -> Answers:
        from mrifoundation.tasks.classify.ask import ask_heads
        from mrifoundation.tasks.classify.kind_of_scan import KindOfScan
        from mrifoundation.tasks.classify.study import Study
        from mrifoundation.tasks.classify.zero_shot import zero_shot

        study = Study.encode(engine, scans, wanted.profile, wanted.age, wanted.sex, job.progress, job.cancelled)
        if wanted.sentence is not None:
            answer = zero_shot(engine, study.encodings[0], wanted.sentence, wanted.versus, scans[0])
            return packed([answer], scans[0], KindOfScan.of(study))
        library = folder.library(engine) if wanted.nearest else None
        library = library if library and library.exists else None
        answers = ask_heads(study, wanted.heads, job.progress, job.cancelled, library)
        return packed(answers, scans[0], KindOfScan.of(study))

    return {"job": request.app.state.backend.submit(work).id}


def packed(answers: "list[Classification]", scan: Scan, kind: "KindOfScan | None" = None) -> Answers:
    """Answers and their heat maps on the grid of `scan`, and what kind of scan that is, ready to be sent."""
    maps = {answer.head: float_box(answer.heat_map, scan.affine) for answer in answers if answer.heat_map is not None}
    told = {"scan": kind.to_dict()} if kind else {}
    return Answers({"answers": [answer.to_dict() for answer in answers], **told}, maps)


def study_scans(request: Request, volume_id: str, study: list[str]) -> list[Scan]:
    """The scan of the address, or all of the study in its order; 404 when one is not held, InputError when the first is left out."""
    if study and volume_id not in study:
        raise InputError("The study does not hold the volume of the address; list all its series in order.")
    return [held(request, one) for one in study or [volume_id]]


def _labelled_cases(library: "Library", wanted: TeachRequest) -> "list[Labelled]":
    from mrifoundation.tasks.classify.library_labels import library_labels, marked_labels

    if wanted.cases:
        return marked_labels(library, wanted.cases)
    return library_labels(library, wanted.collection, wanted.column)


def _cards() -> list[dict]:
    from mrifoundation.tasks.classify.head_files import list_heads

    return [card.to_dict() for card in list_heads()]
