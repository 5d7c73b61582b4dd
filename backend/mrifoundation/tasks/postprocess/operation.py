"""One operation on a mask, and several in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.postprocess.combining import COMBINATIONS, combined
from mrifoundation.tasks.postprocess.margin import with_margin
from mrifoundation.tasks.postprocess.pieces import holes_filled, largest_piece
from mrifoundation.tasks.postprocess.smoothing import smoothed

KINDS = ("largest-piece", "fill-holes", "smooth", "margin", *COMBINATIONS)
MOST_MM = 50.0


@dataclass(frozen=True, eq=False)
class Operation:
    """kind: one of KINDS. mm: deviation of the Gaussian of `smooth`, or width of the `margin` (negative: inward); unused otherwise.
    other: bool [i, j, k], the second mask of union, intersection and difference."""

    kind: str
    mm: float = 0.0
    other: np.ndarray | None = None


def apply(mask: np.ndarray, spacing: np.ndarray, operations: Sequence[Operation]) -> np.ndarray:
    """bool [i, j, k] after `operations` in their order, on the same grid. spacing: mm per axis.

    Raises InputError for an operation that cannot be done, or after which nothing is left of what there was.
    """
    for one in operations:
        _check(one, mask.shape)
        after = _applied(mask, spacing, one)
        if mask.any() and not after.any():
            raise InputError(f"After '{one.kind}' nothing is left of the contour; leave it out or use a smaller width.")
        mask = after
    return mask


def _check(one: Operation, shape: tuple[int, ...]) -> None:
    if one.kind not in KINDS:
        raise InputError(f"There is no operation '{one.kind}'; use one of {', '.join(KINDS)}.")
    least = -MOST_MM if one.kind == "margin" else 0.0
    if not (np.isfinite(one.mm) and least <= one.mm <= MOST_MM):
        raise InputError(f"The width of '{one.kind}' must lie between {least:g} and {MOST_MM:g} mm.")
    if one.kind in COMBINATIONS and (one.other is None or one.other.shape != shape):
        raise InputError(f"'{one.kind}' needs a second contour on the same scan; name one.")


def _applied(mask: np.ndarray, spacing: np.ndarray, one: Operation) -> np.ndarray:
    if one.kind in COMBINATIONS:
        return combined(mask, one.other, one.kind)
    if one.kind == "largest-piece":
        return largest_piece(mask)
    if one.kind == "fill-holes":
        return holes_filled(mask)
    return smoothed(mask, spacing, one.mm) if one.kind == "smooth" else with_margin(mask, spacing, one.mm)
