"""What is unusual about a contour, each as one plain sentence."""

import numpy as np

from mrifoundation.anatomy import Structure
from mrifoundation.engine import Engine
from mrifoundation.engine.trust import trust_of
from mrifoundation.tasks.measure.volumes import NOTABLE, Asymmetry
from mrifoundation.tasks.postprocess.pieces import count_pieces, holes_filled
from mrifoundation.tasks.report.structures import UNEVEN_BY_NATURE
from mrifoundation.volume.box import bounding_box


def shape_flags(mask: np.ndarray, structure: Structure | None) -> list[str]:
    """Of a mask [i, j, k] that is not empty; structure: what it shall be, None where the vocabulary has no such name."""
    flags = []
    pieces = count_pieces(mask)
    if structure is not None and structure.one_piece and pieces > 1:
        flags.append(f"It lies in {pieces} pieces, and the body has it in one.")
    holes = int(np.count_nonzero(holes_filled(mask) != mask))
    if holes:
        flags.append(f"It has cavities of {holes} voxels.")
    box = bounding_box(mask)
    if any(part.start == 0 or part.stop == n for part, n in zip(box, mask.shape, strict=True)):
        flags.append("It reaches the edge of the volume: what is there may be a part of it.")
    return flags


def weights_flags(engine: Engine, name: str) -> list[str]:
    """How far the loaded weights can be trusted with a structure."""
    trust = trust_of(engine.card, name)
    if trust is None:
        return ["How well these weights segment it was not measured."]
    return [f"These weights segment it roughly: {trust.words}."] if trust.rough else []


def asymmetry_of(structure: Structure | None, volumes: dict[str, float]) -> Asymmetry | None:
    """How uneven a structure and its partner are, None where only one of them is there or sides are not each other's mirror image."""
    if structure is None or structure.kind in UNEVEN_BY_NATURE or structure.partner not in volumes:
        return None
    left, right = sorted((structure.name, structure.partner), key=lambda name: not name.startswith("left "))
    if not left.startswith("left ") or not volumes.get(left) or not volumes.get(right):
        return None
    return Asymmetry(left.removeprefix("left "), volumes[left], volumes[right])


def asymmetry_flags(pair: Asymmetry | None) -> list[str]:
    """A sentence where the sides differ notably."""
    if pair is None or not pair.notable:
        return []
    return [
        f"The sides differ by {abs(pair.index):.0f} %, over the {NOTABLE:.0f} % that are worth a look: "
        f"left {pair.left_ml:.2f} mL, right {pair.right_ml:.2f} mL."
    ]
