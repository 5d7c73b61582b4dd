"""The library: its collections and cases, and adding to it."""

import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Query, Request, Response

from mrifoundation.errors import InputError
from mrifoundation.library.collection_name import checked_name
from mrifoundation.library.sources import Found, Looking, find_items
from mrifoundation.server.audit import note
from mrifoundation.server.jobs import Job
from mrifoundation.server.library_folder import LibraryFolder, library_roots
from mrifoundation.server.nifti_bytes import nifti_bytes
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.readers import shown
from mrifoundation.server.request_memory import hold
from mrifoundation.server.schemas import JobTicket
from mrifoundation.server.schemas_library import (
    Case,
    Cases,
    Collections,
    Columns,
    IngestRequest,
    Purged,
    PurgeRequest,
    Removed,
)

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.library import Library
    from mrifoundation.tasks.purge import Purged as ForgottenPatient

router = APIRouter(prefix="/v1/library", tags=["library"], responses={code: PROBLEMS[code] for code in (401, 422)})
MISSING = {404: PROBLEMS[404]}


FLOAT_BYTES = 4  # of a voxel
TURN_S = 0.05  # that a waiting ingest waits before it lets others go first


@dataclass(frozen=True)
class Ingested:
    """What a finished ingest gave."""

    result: dict


@router.get("/collections", response_model=Collections, summary="The collections of the library")
async def collections(request: Request) -> dict:
    return {"collections": await run_sync(lambda: _library(request).collections())}


@router.get("/collections/{collection}/columns", response_model=Columns, summary="What a head could be taught from")
async def columns(request: Request, collection: str) -> dict:
    """The facts that the sources of its cases tell, with how many people have each label; 422 where there is no such collection."""
    return {"columns": await run_sync(_columns, request, collection)}


@router.post(
    "/collections/{collection}/ingest",
    status_code=202,
    response_model=JobTicket,
    responses={503: PROBLEMS[503]},
    summary="Add scans to a collection, which is made when it is new",
)
async def ingest(request: Request, collection: str, wanted: IngestRequest) -> dict:
    """Paths are of the computer that the service runs on, in folders that it may read. The job's result tells what was added,
    known, skipped and bad. Other requests are answered between two scans."""
    checked_name(collection)
    folder: LibraryFolder = request.app.state.library
    roots = library_roots()

    def work(engine: "Engine", job: Job) -> Generator[bool | None, None, Ingested]:
        found = yield from _found(wanted, roots, job)
        library = folder.library(engine)
        while not folder.adding.acquire(timeout=TURN_S):
            job.progress("wait", -1.0, "Waiting for another ingest.")
            yield
        try:
            report = yield from library.adding(
                found, collection, wanted.profile, wanted.identifiers, job.progress, job.cancelled
            )
        finally:
            folder.adding.release()
        return Ingested(report.to_dict())

    return {"job": request.app.state.backend.submit(work).id}


@router.delete("/collections/{collection}", response_model=Removed, responses=MISSING, summary="Remove a collection")
async def remove_collection(request: Request, collection: str) -> dict:
    return {"removed": await run_sync(_remove_collection, request, collection)}


@router.post(
    "/purge",
    response_model=Purged,
    responses=MISSING,
    summary="Forget a patient or a case, with all that is kept of it",
)
async def purge(request: Request, wanted: PurgeRequest) -> dict:
    """Cases, previews and older versions of the tables; uploads, encodings and contours of these scans; jobs that tell of them, which
    are cancelled where they are not done. Needs a key of role admin. The files that the scans were read from are not touched.
    422 when a name that any data set may use (sub-01) is in several collections and none is named."""
    if wanted.case:
        await run_sync(_case, request, wanted.case)
    purged = await run_sync(_purge, request, wanted)
    await request.app.state.forget(purged.traces, purged.scans)
    note(request.scope, *purged.scans)
    return purged.to_dict()


@router.get("/cases", response_model=Cases, summary="Cases, page by page")
async def cases(
    request: Request,
    collection: Annotated[str | None, Query(max_length=64)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict:
    found, total = await run_sync(lambda: _library(request).cases(collection, None, offset, limit))
    return {"cases": [shown(request, case.to_dict()) for case in found], "total": total}


@router.get("/cases/{case}", response_model=Case, responses=MISSING, summary="One case")
async def case(request: Request, case: str) -> dict:
    return shown(request, (await run_sync(_case, request, case)).to_dict())


@router.delete("/cases/{case}", response_model=Removed, responses=MISSING, summary="Remove a case")
async def remove_case(request: Request, case: str) -> dict:
    await run_sync(_case, request, case)
    return {"removed": await run_sync(lambda: _library(request).remove(case=case))}


@router.get(
    "/cases/{case}/thumbnail",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}, "description": "Axial, coronal and sagittal plane side by side."},
        **MISSING,
    },
    summary="A small picture",
)
async def thumbnail(request: Request, case: str) -> Response:
    await run_sync(_case, request, case)
    picture = await run_sync(lambda: _library(request).thumbnail(case))
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


@router.get(
    "/cases/{case}/file",
    response_class=Response,
    responses={200: {"content": {"application/gzip": {}}, "description": "NIfTI, gzip."}, **MISSING},
    summary="The scan itself",
)
async def file(request: Request, case: str) -> Response:
    """404, with the reason, when it no longer lies where it was added from."""
    known = await run_sync(_case, request, case)
    hold(request, 2 * FLOAT_BYTES * math.prod(known.shape))
    try:
        async with request.app.state.memory.turns:
            content = await run_sync(lambda: nifti_bytes(_library(request).read(case)))
    except InputError as error:
        raise HTTPException(404, str(error)) from error
    headers = {"Content-Disposition": f'attachment; filename="{case}.nii.gz"'}
    return Response(content, media_type="application/gzip", headers=headers)


def _library(request: Request) -> "Library":
    """Only on a thread of the pool: the first call imports LanceDB."""
    return request.app.state.library.library(request.app.state.backend.engine)


def _case(request: Request, case: str):
    return request.app.state.library.case(request.app.state.backend.engine, case)


def _columns(request: Request, collection: str) -> list[dict]:
    from mrifoundation.tasks.classify.library_labels import library_columns

    return library_columns(_library(request), collection)


def _remove_collection(request: Request, collection: str) -> int:
    library = _library(request)
    if collection not in [one["name"] for one in library.collections()]:
        raise HTTPException(404, f"There is no collection '{collection[:64]}'; list what there is.")
    return library.remove(collection=collection)


def _purge(request: Request, wanted: PurgeRequest) -> "ForgottenPatient":
    from mrifoundation.tasks.purge import purge

    return purge(_library(request), wanted.subject, wanted.case, wanted.collections)


def _found(wanted: IngestRequest, roots: list, job: Job) -> Generator[None, None, Found]:
    """Looking through folders takes no model, so it runs beside the worker thread, which only looks in now and then."""
    job.progress("find", 0.0, "Looking for scans.")
    with ThreadPoolExecutor(1) as pool:
        finding = pool.submit(find_items, wanted.sources, wanted.kind, roots, Looking(job.progress, job.cancelled))
        while not wait([finding], timeout=0.05).done:
            yield
    return finding.result()
