"""A label map after one of its segments was refined."""

from dataclasses import replace

import numpy as np

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.segmentation import Segmentation
from mrifoundation.errors import InputError


def segment_of(result: Segmentation | np.ndarray | None, value: int, encoding: Encoding) -> np.ndarray:
    """bool [i, j, k]: the segment to refine, a copy. Raises InputError when it is not on the grid of the encoded scan."""
    if result is None:
        return np.zeros(encoding.shape, dtype=bool)
    labels = result.labels if isinstance(result, Segmentation) else np.asarray(result)
    if labels.shape != tuple(encoding.shape):
        raise InputError(
            f"The segment has the shape {labels.shape} and the scan {tuple(encoding.shape)}; give one on the scan's grid."
        )
    if not isinstance(result, Segmentation):
        return labels != 0
    if value not in result.names:
        raise InputError(f"The segmentation has no value {value}; choose one of {', '.join(map(str, result.names))}.")
    return labels == value


def relabelled(
    result: Segmentation | np.ndarray | None, value: int, mask: np.ndarray, encoding: Encoding
) -> Segmentation:
    """`result` with `mask` as the segment `value`, its table measured again; one segment alone where there was no table."""
    if not isinstance(result, Segmentation):
        row = {"prompt": "", "name": "segment", "value": 1, "presence": 1.0, "explanation": "", "parts": []}
        result = Segmentation(np.zeros(mask.shape, np.uint8), encoding.affine, [row], [], {})
        value = 1
    labels = np.where(mask, result.labels.dtype.type(value), np.where(result.labels == value, 0, result.labels))
    table = [
        row | _measured(labels == row["value"], encoding) | ({"parts": []} if row["value"] == value else {})
        for row in result.table
    ]
    return replace(result, labels=labels.astype(result.labels.dtype), table=table)


def _measured(mask: np.ndarray, encoding: Encoding) -> dict:
    places = np.argwhere(mask)
    if not len(places):
        return {"volume_ml": 0.0, "center_ras_mm": None, "in_view": False}
    centre = encoding.affine[:3, :3] @ places.mean(axis=0) + encoding.affine[:3, 3]
    volume = round(len(places) * encoding.voxel_ml, 4)
    return {"volume_ml": volume, "center_ras_mm": [round(float(v), 2) for v in centre], "in_view": True}
