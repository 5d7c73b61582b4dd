"""Contours as the files of others, and back: export, import, and the DICOM series that exports refer to."""

import gzip
import json
import math
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated

import anyio
import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, HTTPException, Query, Request, Response

from mrifoundation.errors import InputError
from mrifoundation.server.chosen_mask import chosen_mask
from mrifoundation.server.marked_regions import MarkedRegion, MaskGeometry
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.refine_request import region_of
from mrifoundation.server.request_memory import hold, hold_at_most
from mrifoundation.server.routes_volumes import BODY, held
from mrifoundation.server.schemas_exchange import ExportRequest, ExportSegment, ImportAnswer, Sent, SourceAnswer
from mrifoundation.server.transfer import label_box, temporary_folder
from mrifoundation.volume import Scan
from mrifoundation.volume.box import bounding_box

if TYPE_CHECKING:
    from mrifoundation.tasks.exchange import Exported, Imported, Segment, SourceSeries

FILE = {
    200: {
        "content": {"application/octet-stream": {}, "application/dicom": {}, "application/json": {}},
        "description": "The file, with `X-Notes` (JSON list of sentences); with `send_to` a `Sent` as JSON.",
    }
}

router = APIRouter(
    prefix="/v1/volumes/{volume_id}",
    tags=["export and import"],
    responses={code: PROBLEMS[code] for code in (401, 404, 422, 503)},
)


@router.post("/source", response_model=SourceAnswer, openapi_extra=BODY, summary="Send the DICOM series of a scan")
async def send_source(
    request: Request,
    volume_id: str,
    series: Annotated[str | None, Query(max_length=200, description="Which of several: its UID.")] = None,
) -> dict:
    """A zip with all files of the series; only their headers are kept, in memory, until the service ends."""
    from mrifoundation.tasks.exchange import Grid, read_source
    from mrifoundation.tasks.exchange.grid import same_voxels

    scan = await run_sync(held, request, volume_id)
    with temporary_folder() as folder:
        path = await _received(request, Path(folder), "series.zip")
        async with request.app.state.memory.turns:
            source = await run_sync(read_source, path, series)
    if not await run_sync(same_voxels, source.grid, Grid(scan.shape, scan.affine)):
        raise InputError(
            f"The series '{source.title}' is not on the grid of this scan; send the series that the scan was read from."
        )
    request.app.state.sources.put(volume_id, source)
    return _told(source)


@router.get("/source", response_model=SourceAnswer, summary="Which DICOM series of a scan is held")
async def held_source(request: Request, volume_id: str) -> dict:
    """404 where none is, so that a client sends it only then."""
    source = request.app.state.sources.get(volume_id)
    if source is None:
        raise HTTPException(404, "The DICOM series of this scan is not held; send it to /source.")
    return _told(source)


@router.delete("/source", status_code=204, response_class=Response, summary="Forget the DICOM series of a scan")
async def drop_source(request: Request, volume_id: str) -> Response:
    request.app.state.sources.drop(volume_id)
    return Response(status_code=204)


@router.post("/export", response_class=Response, responses=FILE, summary="Contours as a file, or to an archive")
async def export(request: Request, volume_id: str, wanted: ExportRequest) -> Response:
    """DICOM SEG and RTSTRUCT belong to the patient and study of the series sent to `/source`; they need it."""
    from mrifoundation.tasks.exchange import Grid, export_segments
    from mrifoundation.tasks.exchange.exporting import DICOM

    if wanted.send_to and wanted.format not in DICOM:
        raise InputError("An archive takes DICOM only; choose dicom-seg or rtstruct, or leave send_to out.")
    scan = await run_sync(held, request, volume_id)
    count, grids = len(wanted.segments), 2 if wanted.format in DICOM else 1  # a series has one of its own
    hold_at_most(request, count * grids * math.prod(scan.shape), f"An export of {count} segments")
    segments = [await _segment(request, volume_id, scan, one) for one in wanted.segments]
    source, grid = request.app.state.sources.get(volume_id), Grid(scan.shape, scan.affine)
    made = await run_sync(export_segments, wanted.format, segments, grid, source, wanted.description)
    if not wanted.send_to:
        return _file(made, wanted)
    key = wanted.send_key.get_secret_value() if wanted.send_key else ""
    return await run_sync(_sent, made, wanted.send_to, key, limiter=request.app.state.memory.sendings)


@router.post("/import", response_model=ImportAnswer, openapi_extra=BODY, summary="Contours from a file")
async def import_(
    request: Request,
    volume_id: str,
    x_filename: Annotated[str, Header(description="Its name.", examples=["RS.dcm", "contours.seg.nrrd"])],
) -> dict:
    """DICOM SEG, RTSTRUCT, NIfTI, NRRD, MHA, STL or a zip of STL; each segment becomes a region on the volume's own grid, and may overlap
    others."""
    from mrifoundation.tasks.exchange import Grid, import_segments
    from mrifoundation.tasks.exchange.exporting import file_name

    scan = await run_sync(held, request, volume_id)
    name = file_name(PureWindowsPath(PurePosixPath(x_filename.strip()).name).name)
    with temporary_folder() as folder:
        path = await _received(request, Path(folder), name)
        source = request.app.state.sources.get(volume_id)
        frame = source.frame_of_reference if source else None
        async with request.app.state.memory.turns:
            found = await run_sync(import_segments, path, Grid(scan.shape, scan.affine), frame)
            return await run_sync(_as_regions, request, volume_id, found)


@router.get("/region/{region}", response_class=Response, summary="A marked or imported region")
async def region(
    request: Request, volume_id: str, region: str, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """uint8, 1 inside, C order of [i, j, k], in the box that `X-Geometry` places, as of /labels."""
    scan = await run_sync(held, request, volume_id)
    marked = region_of(request, volume_id, region)
    hold(request, 2 * math.prod(scan.shape))
    mask = await run_sync(marked.mask)
    geometry, packed = await run_sync(label_box, mask.view(np.uint8), scan.affine)
    headers = {"X-Geometry": json.dumps(geometry), "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding.lower():
        headers["Content-Encoding"] = "gzip"
    else:
        packed = gzip.decompress(packed)
    return Response(packed, media_type="application/octet-stream", headers=headers)


def _told(source: "SourceSeries") -> dict:
    return {"series": source.uid, "images": len(source.planes), "title": source.title}


async def _received(request: Request, folder: Path, name: str) -> Path:
    path = folder / name
    async with await anyio.open_file(path, "wb") as file:
        async for chunk in request.stream():
            await file.write(chunk)
    return path


async def _segment(request: Request, volume_id: str, scan: Scan, one: ExportSegment) -> "Segment":
    from mrifoundation.tasks.exchange import Segment

    mask = await chosen_mask(request, volume_id, scan, one)
    return Segment(one.name, mask, tuple(one.colour) if one.colour else None, one.tg263)


def _file(made: "Exported", wanted: ExportRequest) -> Response:
    name = {"dicom-seg": "seg", "rtstruct": "rtstruct"}.get(wanted.format, "contours") + made.suffix
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Notes": json.dumps(made.notes),
    }
    return Response(made.content, media_type=made.media_type, headers=headers)


def _sent(made: "Exported", url: str, key: str) -> Response:
    from mrifoundation.tasks.exchange.stow import send

    answer = Sent(sent_to=url, instances=[send(made.content, url, key)], notes=list(made.notes))
    return Response(answer.model_dump_json(), media_type="application/json")


def _as_regions(request: Request, volume_id: str, found: "Imported") -> dict:
    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.tasks.exchange.identity import identify

    rows = []
    for segment in found.segments:
        box = bounding_box(segment.mask)
        inside = np.ascontiguousarray(segment.mask[box])
        geometry = MaskGeometry(
            start=[part.start for part in box], shape=list(inside.shape), full_shape=list(segment.mask.shape)
        )
        kept = MarkedRegion(volume_id, geometry, np.packbits(inside).tobytes())
        identity = identify(segment, Vocabulary.load())
        rows.append(
            {
                "name": segment.name,
                "structure": identity.structure and identity.structure.name,
                "tg263": identity.tg263,
                "region": request.app.state.regions.add(kept),
                "colour": list(identity.colour),
                "volume_ml": round(np.count_nonzero(inside) * found.grid.voxel_ml, 4),
            }
        )
    return {"kind": found.kind, "segments": rows, "notes": list(found.notes)}
