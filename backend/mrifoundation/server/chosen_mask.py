"""The mask of a segment that a request names: a contour kept here, a value of an earlier answer, or an uploaded mask."""

from typing import Protocol

import numpy as np
from anyio.to_thread import run_sync
from fastapi import Request

from mrifoundation.errors import InputError
from mrifoundation.server.kept_contours import kept_contours, known_contour, on_worker
from mrifoundation.server.refine_request import region_of
from mrifoundation.server.routes_search import segment_mask
from mrifoundation.server.schemas_library import MarkedSegment
from mrifoundation.volume import Scan


class Chosen(Protocol):
    """A name, and exactly one of contour, segment and region."""

    name: str
    contour: str | None
    segment: MarkedSegment | None
    region: str | None


async def chosen_mask(request: Request, volume_id: str, scan: Scan, one: Chosen) -> np.ndarray:
    """bool [i, j, k] on the scan's grid; InputError unless exactly one is named, 404 where it is not held."""
    if sum(map(bool, (one.contour, one.segment, one.region))) != 1:
        raise InputError(f"'{one.name}' needs exactly one of contour, segment and region.")
    if one.segment:
        return await run_sync(segment_mask, request, one.segment, scan)
    if one.region:
        return await run_sync(region_of(request, volume_id, one.region).mask)
    return await on_worker(
        request, lambda engine: known_contour(kept_contours(request), volume_id, one.contour).mask.copy()
    )
