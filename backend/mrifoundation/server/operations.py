"""What a request for operations on a contour means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from fastapi import Request

from mrifoundation.server.kept_contours import known_contour
from mrifoundation.server.refine_request import region_of
from mrifoundation.server.schemas_postprocess import OperationRequest
from mrifoundation.volume import Scan

if TYPE_CHECKING:
    from mrifoundation.tasks.postprocess import Operation
    from mrifoundation.tasks.refine import Contours


def operations_of(
    request: Request, contours: "Contours", volume_id: str, scan: Scan, wanted: Sequence[OperationRequest]
) -> list["Operation"]:
    """The operations; only on the worker thread. 404 for a contour or region that is not held."""
    from mrifoundation.tasks.postprocess import Operation

    def other(one: OperationRequest) -> np.ndarray | None:
        if one.contour:
            return known_contour(contours, volume_id, one.contour).mask
        return region_of(request, volume_id, one.region).mask() if one.region else None

    return [Operation(one.kind, one.mm, other(one)) for one in wanted]
