"""The draft of a findings report: a job, then its files."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request, Response

from mrifoundation.server.jobs import Job
from mrifoundation.server.library_folder import LibraryFolder
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.routes_classify import packed, study_scans
from mrifoundation.server.routes_jobs import UNFINISHED, finished
from mrifoundation.server.routes_volumes import held
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_report import ReportRequest

if TYPE_CHECKING:
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.engine import Engine
    from mrifoundation.tasks.report.document import Report

router = APIRouter(prefix="/v1", tags=["report"], responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)})


@dataclass(frozen=True)
class Draft:
    """A finished report: what is sent as JSON, heat maps of its heads, and what its files are made from when they are asked for."""

    result: dict
    heat_maps: dict
    report: "Report"
    vocabulary: "Vocabulary"


@router.post(
    "/volumes/{volume_id}/report", status_code=202, response_model=JobTicket, summary="Draft a findings report"
)
async def report(request: Request, volume_id: str, wanted: ReportRequest | None = None) -> dict:
    """The job's result: `{"sections": [{"title", "sentences": [{"text", "facts"}]}], "html"}`."""
    wanted = wanted or ReportRequest()
    scans = await run_sync(study_scans, request, volume_id, wanted.study)
    prior = await run_sync(held, request, wanted.prior) if wanted.prior else None
    folder: LibraryFolder = request.app.state.library

    def work(engine: "Engine", job: Job) -> Draft:
        from mrifoundation.tasks.classify.study import Study
        from mrifoundation.tasks.report.compose import report as compose
        from mrifoundation.tasks.report.html import as_html

        def encoded(some) -> Study:
            return Study.encode(engine, some, wanted.profile, wanted.age, wanted.sex, job.progress, job.cancelled)

        library = folder.library(engine) if wanted.similar else None
        library = library if library and library.exists else None
        earlier = encoded([prior]) if prior else None
        found = compose(encoded(scans), wanted.heads, earlier, library, job.progress, job.cancelled)
        maps = packed(list(found.answers), scans[0]).heat_maps
        kept = replace(
            found, answers=tuple(replace(answer, heat_map=None) for answer in found.answers)
        )  # maps are kept packed
        return Draft(found.to_dict() | {"html": as_html(found)}, maps, kept, engine.vocabulary)

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
    """TID 1500 without a patient, since volumes are held without one; `mrifoundation report` on a DICOM folder keeps the patient."""
    from mrifoundation.tasks.report.dicom_sr import as_dicom

    draft = _draft(request, job_id)
    content = await run_sync(as_dicom, draft.report, draft.vocabulary)
    return Response(content, media_type="application/dicom", headers=_named("report.dcm"))


def _draft(request: Request, job_id: str) -> Draft:
    given = finished(request, job_id)
    if not isinstance(given, Draft):
        raise HTTPException(409, "The job has no report (it did something else); ask for a report.")
    return given


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
