"""Tidying a whole segmentation at once, without letting one structure take from another."""

from dataclasses import dataclass, replace

import numpy as np

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Segmentation
from mrifoundation.tasks.postprocess.operation import Operation, apply


@dataclass(frozen=True)
class Tidying:
    """largest_piece: of structures that the body has in one piece only the largest piece stays. fill_holes: cavities are filled.
    smooth_mm: deviation of a Gaussian, 0 for none."""

    largest_piece: bool = False
    fill_holes: bool = False
    smooth_mm: float = 0.0

    def operations(self, in_one_piece: bool) -> list[Operation]:
        """What is done to one structure."""
        chosen = [
            (self.largest_piece and in_one_piece, Operation("largest-piece")),
            (self.fill_holes, Operation("fill-holes")),
            (self.smooth_mm > 0, Operation("smooth", self.smooth_mm)),
        ]
        return [operation for wanted, operation in chosen if wanted]


def tidied(result: Segmentation, vocabulary: Vocabulary, tidying: Tidying) -> Segmentation:
    """`result` with every structure tidied, its table measured anew. A structure gives voxels back to no one, and gains only free ones.
    Lesions are left as they are. Raises InputError for a width that is out of range."""
    labels, rows, spacing = result.labels.copy(), [], np.linalg.norm(result.affine[:3, :3], axis=0)
    for row in result.table:
        is_named = row["name"] in vocabulary
        structure = vocabulary[row["name"]] if is_named else None
        operations = tidying.operations(structure is not None and structure.one_piece)
        if row["in_view"] and operations and (structure is None or structure.kind != "lesion"):
            before = labels == row["value"]
            after = apply(before, spacing, operations) & (before | (labels == 0))
            labels[before & ~after] = 0
            labels[after] = row["value"]
            row = row | _measured(after, result.affine)
        rows.append(row)
    return replace(result, labels=labels, table=rows)


def _measured(mask: np.ndarray, affine: np.ndarray) -> dict:
    centre = affine[:3, :3] @ np.argwhere(mask).mean(axis=0) + affine[:3, 3]
    volume = np.count_nonzero(mask) * abs(np.linalg.det(affine[:3, :3])) / 1000.0
    return {"volume_ml": round(float(volume), 4), "center_ras_mm": [round(float(v), 2) for v in centre]}
