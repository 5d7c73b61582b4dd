"""All contours of a scan, checked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mrifoundation.anatomy.organs_at_risk import names_at_risk
from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.chances import chances_on_scan
from mrifoundation.engine.encoder import Cancel, Progress, never, silent
from mrifoundation.errors import Cancelled
from mrifoundation.tasks.measure.volumes import Asymmetry
from mrifoundation.tasks.quality.border_doubt import SliceDoubt, doubts, look_first, review_axis
from mrifoundation.tasks.quality.breaks import Break, break_flags, breaks, named
from mrifoundation.tasks.quality.flags import (
    asymmetry_flags,
    asymmetry_of,
    reaches_edge,
    shape_flags,
    volume_flags,
    weights_flags,
)

UNKNOWN = "These weights do not know it, so nothing is told of its border and every slice is to be looked at."
NOT_SEEN = "The network finds none of it in this scan, so nothing is told of its border."


@dataclass(frozen=True)
class Checked:
    """One contour. doubt_mm: mean width of the band in which its border may lie, None where the network cannot tell. first: slices to
    look at first, the most doubtful first, along `axis` (0, 1, 2). breaks: slices along it at which the contour breaks off.
    asymmetry: of both sides, where they are wholly in view. flags: what is unusual, in sentences."""

    name: str
    volume_ml: float
    doubt_mm: float | None
    axis: int
    first: tuple[SliceDoubt, ...]
    breaks: tuple[Break, ...]
    asymmetry: Asymmetry | None
    flags: tuple[str, ...]

    def to_dict(self) -> dict:
        """The contour as plain JSON types."""
        pair = self.asymmetry
        return {
            "name": self.name,
            "volume_ml": round(self.volume_ml, 4),
            "doubt_mm": None if self.doubt_mm is None else round(self.doubt_mm, 3),
            "axis": "ijk"[self.axis],
            "first": [one.to_dict() for one in self.first],
            "breaks": [one.to_dict() for one in self.breaks],
            "asymmetry_percent": None if pair is None else round(pair.index, 1),
            "flags": list(self.flags),
        }


def check(
    engine: Engine,
    encoding: Encoding,
    contours: Mapping[str, np.ndarray],
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> list[Checked]:
    """Check contours by name, each a bool mask [i, j, k] on the scan's own grid.

    What is told of a border is the network's own doubt, not the truth: it misses what the network is wrong about without knowing.
    Raises Cancelled between two contours.
    """
    progress, cancel = progress or silent, cancel or never
    volumes = {name: float(np.count_nonzero(mask)) * encoding.voxel_ml for name, mask in contours.items()}
    whole = {name: ml for name, ml in volumes.items() if ml and not reaches_edge(contours[name])}
    checked = []
    for number, (name, mask) in enumerate(contours.items()):
        if cancel():
            raise Cancelled("Checking was cancelled.")
        progress("check", number / len(contours), f"Checking {name}.")
        checked.append(_checked(engine, encoding, name, mask, volumes[name], whole))
    return checked


def _checked(
    engine: Engine, encoding: Encoding, name: str, mask: np.ndarray, volume_ml: float, whole: dict[str, float]
) -> Checked:
    """whole: volumes of what lies wholly in view, by name."""
    axis = review_axis(encoding.affine)
    if not mask.any():
        return Checked(name, 0.0, None, axis, (), (), None, ("It is empty.",))
    is_named = name in engine.vocabulary
    structure = engine.vocabulary[name] if is_named else None
    # What planners draw is one organ each, also where not all of it need be one piece.
    in_one = structure is None or structure.one_piece or name in names_at_risk(engine.vocabulary)
    pair, broken = asymmetry_of(structure, whole), breaks(name, mask, in_one, encoding.affine, axis)
    flags = [*shape_flags(mask, structure), *break_flags(broken), *volume_flags(name, volume_ml, name not in whole)]
    flags += asymmetry_flags(pair)
    doubt, first = None, []
    if structure is None or not engine.knows(structure):
        flags.append(UNKNOWN)
    else:
        flags += weights_flags(engine, structure.name)
        logits = engine.text_logits(encoding, structure.name)
        if logits is None:
            flags.append(NOT_SEEN)
        else:
            slices = doubts(mask, chances_on_scan(encoding, logits), encoding.affine, axis)
            doubt, first = float(np.mean([one.doubt_mm for one in slices])), look_first(slices)
    return Checked(name, volume_ml, doubt, axis, tuple(first), tuple(named(broken)), pair, tuple(flags))
