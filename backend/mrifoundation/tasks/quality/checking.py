"""All contours of a scan, checked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.chances import chances_on_scan
from mrifoundation.engine.encoder import Cancel, Progress, never, silent
from mrifoundation.errors import Cancelled
from mrifoundation.tasks.measure.volumes import Asymmetry
from mrifoundation.tasks.quality.border_doubt import SliceDoubt, doubts, look_first, review_axis
from mrifoundation.tasks.quality.flags import asymmetry_flags, asymmetry_of, shape_flags, weights_flags

UNKNOWN = "These weights do not know it, so nothing is told of its border and every slice is to be looked at."
NOT_SEEN = "The network finds none of it in this scan, so nothing is told of its border."


@dataclass(frozen=True)
class Checked:
    """One contour. doubt_mm: mean width of the band in which its border may lie, None where the network cannot tell. first: slices to
    look at first, the most doubtful first, along `axis` (0, 1, 2). flags: what is unusual, in sentences."""

    name: str
    volume_ml: float
    doubt_mm: float | None
    axis: int
    first: tuple[SliceDoubt, ...]
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
    checked = []
    for number, (name, mask) in enumerate(contours.items()):
        if cancel():
            raise Cancelled("Checking was cancelled.")
        progress("check", number / len(contours), f"Checking {name}.")
        checked.append(_checked(engine, encoding, name, mask, volumes))
    return checked


def _checked(engine: Engine, encoding: Encoding, name: str, mask: np.ndarray, volumes: dict[str, float]) -> Checked:
    axis = review_axis(encoding.affine)
    if not mask.any():
        return Checked(name, 0.0, None, axis, (), None, ("It is empty.",))
    is_named = name in engine.vocabulary
    structure = engine.vocabulary[name] if is_named else None
    pair = asymmetry_of(structure, volumes)
    flags = [*shape_flags(mask, structure), *asymmetry_flags(pair)]
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
    return Checked(name, volumes[name], doubt, axis, tuple(first), pair, tuple(flags))
