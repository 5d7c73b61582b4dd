"""What a request to refine means: its marks, and the mask that a new contour begins from."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from fastapi import HTTPException, Request

from mrifoundation.errors import InputError
from mrifoundation.server.marked_regions import MarkedRegion
from mrifoundation.server.routes_search import segment_mask
from mrifoundation.server.schemas_library import MarkedSegment
from mrifoundation.server.schemas_refine import EditRequest, MarkRequest, RefineRequest
from mrifoundation.volume import Scan

if TYPE_CHECKING:
    from mrifoundation.engine.refinement import Mark


def marks_of(request: Request, volume_id: str, scan: Scan, wanted: list[MarkRequest]) -> list["Mark"]:
    """The marks, all checked before the first is done."""
    from mrifoundation.engine.refinement.marks import Mark, marked_voxels

    marks = []
    for one in wanted:
        mark = Mark(one.kind, tuple(map(tuple, one.points)), one.positive, one.radius_mm, one.space)
        if one.kind == "brush" and one.region:
            region = region_of(request, volume_id, one.region)
            painted = region.mask()[region.place]
            mark = replace(mark, painted=painted, start=tuple(region.geometry.start))
        marked_voxels(mark, scan.shape, scan.affine)
        marks.append(mark)
    return marks


def begun_mask(request: Request, volume_id: str, scan: Scan, wanted: RefineRequest) -> np.ndarray | None:
    """The mask that a new contour begins from, where one is given."""
    given = [wanted.segment, wanted.begin, wanted.region]
    if sum(map(bool, given)) > 1 or (wanted.segment and wanted.prompt):
        raise InputError(
            "Send only one of segment, begin and region, and no prompt for one that is open: it begins in one way."
        )
    if not any(given) and not wanted.prompt and not wanted.marks:
        raise InputError("There is nothing to begin from; send marks, a prompt, an earlier answer or a region.")
    if wanted.begin:
        return segment_mask(request, MarkedSegment(job=wanted.begin.job, values=[wanted.begin.value]), scan)
    return region_of(request, volume_id, wanted.region).mask() if wanted.region else None


def region_of(request: Request, volume_id: str, name: str) -> MarkedRegion:
    region = request.app.state.regions.get(name)
    if region is None or region.volume != volume_id:
        raise HTTPException(404, "No region with this id is held for this volume; send it again.")
    return region


def edited_mask(request: Request, volume_id: str, scan: Scan, wanted: EditRequest) -> np.ndarray | None:
    """The mask that another editor left, where one is given."""
    if wanted.region and wanted.empty:
        raise InputError("A contour cannot be empty and have a region; send one of them.")
    if not (wanted.region or wanted.empty or wanted.operations):
        raise InputError("There is nothing to do; send a region, empty, or operations.")
    if wanted.empty:
        return np.zeros(scan.shape, dtype=bool)
    return region_of(request, volume_id, wanted.region).mask() if wanted.region else None
