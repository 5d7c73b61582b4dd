"""Sending a scan, and asking what is held."""

import math
from pathlib import Path
from typing import Annotated

import anyio
import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, HTTPException, Request

from mrifoundation.errors import InputError
from mrifoundation.server.audit import note
from mrifoundation.server.problems import PROBLEMS
from mrifoundation.server.request_memory import hold
from mrifoundation.server.schemas import Geometry, HeldVolume, Volume
from mrifoundation.server.transfer import parse_geometry, scan_from_array, scan_from_file, temporary_folder, upload_path
from mrifoundation.server.volumes import Volumes
from mrifoundation.volume import Scan

router = APIRouter(prefix="/v1/volumes", tags=["volumes"], responses={401: PROBLEMS[401]})

BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
AT_WORK = 8  # bytes a voxel: float32, and as much while it is hashed and written
GEOMETRY_EXAMPLE = (
    '{"shape": [256, 256, 180], "dtype": "int16", "name": "t1", '
    '"affine": [[1, 0, 0, -128], [0, 1, 0, -128], [0, 0, 1, -90], [0, 0, 0, 1]]}'
)


@router.post("", response_model=Volume, responses={422: PROBLEMS[422]}, openapi_extra=BODY, summary="Send a scan")
async def send_volume(
    request: Request,
    x_geometry: Annotated[
        str | None, Header(description="Of raw voxels in C order of [i, j, k].", examples=[GEOMETRY_EXAMPLE])
    ] = None,
    x_filename: Annotated[
        str | None, Header(description="Of a file's bytes instead.", examples=["scan.nii.gz", "series.zip"])
    ] = None,
    content_encoding: Annotated[str | None, Header(description="gzip or deflate, for raw voxels.")] = None,
) -> dict:
    """The body is either an array, described by `X-Geometry`, or a file, named by `X-Filename`.

    The id is the hash of the content, so sending a scan again is harmless and gives the same id.
    """
    if (x_geometry is None) == (x_filename is None):
        raise InputError("Send exactly one of the headers X-Geometry (an array) and X-Filename (a file).")
    volumes: Volumes = request.app.state.volumes
    if x_filename is not None:
        scan = await _from_file(request, x_filename)
    else:
        scan = await _from_array(request, parse_geometry(x_geometry), content_encoding)
    scan_id = await run_sync(volumes.add, scan)
    note(request.scope, scan_id)
    return _about(scan_id, scan)


@router.get(
    "/{volume_id}",
    response_model=HeldVolume,
    responses={404: PROBLEMS[404]},
    summary="Is this scan held, is it encoded",
)
async def held_volume(request: Request, volume_id: str) -> dict:
    scan = await run_sync(held, request, volume_id)
    engine = request.app.state.backend.engine
    return {**_about(volume_id, scan), "encoded": engine.encoded_profiles(volume_id) if engine else []}


def held(request: Request, volume_id: str) -> Scan:
    """The scan with this id; 404 when it is not held."""
    scan = request.app.state.volumes.get(volume_id)
    if scan is None:
        raise HTTPException(404, "No volume with this id is held; send it again.")
    return scan


async def _from_file(request: Request, filename: str) -> Scan:
    with temporary_folder() as folder:
        path, name = upload_path(Path(folder), filename)
        async with await anyio.open_file(path, "wb") as file:
            async for chunk in request.stream():
                await file.write(chunk)
        async with request.app.state.memory.turns:
            return await run_sync(scan_from_file, path, name)


async def _from_array(request: Request, geometry: Geometry, encoding: str | None) -> Scan:
    unpacked = np.dtype(geometry.dtype).itemsize if encoding else 0  # bytes a voxel
    hold(request, math.prod(geometry.shape) * (unpacked + AT_WORK))
    return await run_sync(scan_from_array, await request.body(), geometry, encoding)


def _about(scan_id: str, scan: Scan) -> dict:
    return {
        "id": scan_id,
        "name": scan.name,
        "shape": list(scan.shape),
        "spacing_mm": [round(float(s), 6) for s in scan.spacing],
        "notes": list(scan.notes),
    }
