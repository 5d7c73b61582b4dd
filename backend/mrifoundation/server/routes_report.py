"""The draft of a findings report: a job, then its files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request, Response

from mrifoundation.server.held_sources import HeldSources
from mrifoundation.server.jobs import Job
from mrifoundation.server.kept_result import KeptResult
from mrifoundation.server.library_folder import LibraryFolder
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.routes_classify import packed, study_scans
from mrifoundation.server.routes_jobs import UNFINISHED, finished
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_report import ReportRequest

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.report.document import Report

router = APIRouter(prefix="/v1", tags=["report"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)})


@dataclass(frozen=True)
class Draft:
    """A finished report: what is sent as JSON, heat maps of its heads, and what its files are made from when they are asked for.

    scans: ids of the volumes that it tells of, the measured one first."""

    result: dict
    heat_maps: dict
    report: "Report"
    vocabulary: "Vocabulary"
    scans: tuple[str, ...]


@router.post(
    "/volumes/{volume_id}/report", status_code=202, response_model=JobTicket, summary="Draft a findings report"
)
async def report(request: Request, volume_id: str, wanted: ReportRequest | None = None) -> dict:
    """The job's result: `{"sections": [{"title", "sentences": [{"text", "facts"}]}], "html"}`.

    Where the DICOM series of the scan and of the prior were sent to `/source`, it is said when they are of different patients, and nothing
    is compared when the prior was made on a later day.
    """
    wanted = wanted or ReportRequest()
    scans = await run_sync(study_scans, request, volume_id, wanted.study)
    prior = await run_sync(held, request, wanted.prior) if wanted.prior else None
    folder: LibraryFolder = request.app.state.library
    sources: HeldSources = request.app.state.sources
    ids = tuple(wanted.study or [volume_id])

    def work(engine: "Engine", job: Job) -> Draft:
        from mrifoundation.tasks.classify.study import Study
        from mrifoundation.tasks.report.compose import report as compose
        from mrifoundation.tasks.report.html import as_html
        from mrifoundation.tasks.report.prior_headers import PriorHeaders

        def encoded(some) -> Study:
            return Study.encode(engine, some, wanted.profile, wanted.age, wanted.sex, job.progress, job.cancelled)

        library = folder.library(engine) if wanted.similar else None
        library = library if library and library.exists else None
        earlier = encoded([prior]) if prior else None
        headers = PriorHeaders.of(*(_headers(sources, one) for one in (ids[0], wanted.prior)))
        study = encoded(scans)
        found = compose(study, wanted.heads, earlier, library, job.progress, job.cancelled, headers=headers)
        maps = packed(list(found.answers), scans[0]).heat_maps
        kept = replace(
            found, answers=tuple(replace(answer, heat_map=None) for answer in found.answers)
        )  # maps are kept packed
        return Draft(found.to_dict() | {"html": as_html(found)}, maps, kept, engine.vocabulary, ids)

    return {"job": request.app.state.backend.submit(work).id}


@router.get("/jobs/{job_id}/report.pdf", response_class=Response, responses=UNFINISHED, summary="The draft as PDF")
async def report_pdf(request: Request, job_id: str) -> Response:
    from mrifoundation.tasks.report.pdf import as_pdf

    content = await run_sync(as_pdf, _draft(request, job_id).report)
    return Response(content, media_type="application/pdf", headers=_named("report.pdf"))


@router.get(
    "/jobs/{job_id}/report.dcm", response_class=Response, responses=UNFINISHED, summary="The measurements as DICOM SR"
)
async def report_dicom(request: Request, job_id: str) -> Response:
    """TID 1500, of the patient and study of the DICOM series that was sent to `/source` of the scan; without one it names nobody, since
    volumes are held without their headers."""
    from mrifoundation.tasks.report.dicom_sr import as_dicom, headers_of_study

    draft = _draft(request, job_id)
    source = headers_of_study([_headers(request.app.state.sources, one) for one in draft.scans])
    content = await run_sync(as_dicom, draft.report, draft.vocabulary, source)
    return Response(content, media_type="application/dicom", headers=_named("report.dcm"))


def _draft(request: Request, job_id: str) -> Draft:
    given = finished(request, job_id)
    if isinstance(given, KeptResult) and "html" in given.result:
        raise HTTPException(
            409, "Of this draft only its text outlived a restart of the service; ask for the report again."
        )
    if not isinstance(given, Draft):
        raise HTTPException(409, "The job has no report (it did something else); ask for a report.")
    return given


def _headers(sources: HeldSources, volume_id: str | None) -> "Sequence[Dataset]":
    """Of the DICOM series that was sent for a volume; none where none was."""
    source = sources.get(volume_id) if volume_id else None
    return source.headers if source else ()


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
