"""What is unusual about a contour, each as one plain sentence."""

import numpy as np

from mrifoundation.anatomy import Structure
from mrifoundation.engine import Engine
from mrifoundation.engine.trust import trust_of
from mrifoundation.tasks.measure.volumes import NOTABLE, Asymmetry
from mrifoundation.tasks.postprocess.pieces import count_pieces, holes_filled
from mrifoundation.tasks.quality.usual import Range, usual_asymmetry, usual_volume
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
    if reaches_edge(mask):
        flags.append("It reaches the edge of the volume: what is there may be a part of it.")
    return flags


def reaches_edge(mask: np.ndarray) -> bool:
    """Whether a mask [i, j, k] touches a face of the volume, so that nobody knows whether it goes on beyond."""
    box = bounding_box(mask)
    return box is not None and any(part.start == 0 or part.stop == n for part, n in zip(box, mask.shape, strict=True))


def volume_flags(name: str, volume_ml: float, is_cut: bool) -> list[str]:
    """A sentence where a volume is none that people had; is_cut: the contour reaches the edge, so that it may only be too large."""
    usual = usual_volume(name)
    if usual is None or (volume_ml <= usual.high and (is_cut or volume_ml >= usual.low)):
        return []
    return [
        f"Its volume of {volume_ml:.3g} mL is outside of what {_people(usual)} had ({usual.low:.3g} – {usual.high:.3g} mL). "
        + _by_chance(usual)
    ]


def weights_flags(engine: Engine, name: str) -> list[str]:
    """How far the loaded weights can be trusted with a structure."""
    trust = trust_of(engine.card, name)
    if trust is None:
        return ["How well these weights segment it was not measured."]
    return [f"These weights segment it roughly: {trust.words}."] if trust.rough else []


def asymmetry_of(structure: Structure | None, volumes: dict[str, float]) -> Asymmetry | None:
    """How uneven a structure and its partner are by `volumes` (mL of what is wholly in view), None where only one of them is there or sides
    are not each other's mirror image."""
    if structure is None or structure.kind in UNEVEN_BY_NATURE or structure.partner not in volumes:
        return None
    left, right = sorted((structure.name, structure.partner), key=lambda name: not name.startswith("left "))
    if not left.startswith("left ") or not volumes.get(left) or not volumes.get(right):
        return None
    return Asymmetry(left.removeprefix("left "), volumes[left], volumes[right])


def asymmetry_flags(pair: Asymmetry | None) -> list[str]:
    """A sentence where the sides differ notably, or as those of no one who was measured, with what people had."""
    if pair is None:
        return []
    usual = usual_asymmetry(pair.name)
    outside = usual is not None and not usual.low <= pair.index <= usual.high
    if not (pair.notable or outside):
        return []
    limit = f", over the {NOTABLE:.0f} % that are worth a look" if pair.notable else ""
    told = (
        f"The sides differ by {abs(pair.index):.0f} %{limit}: left {pair.left_ml:.2f} mL, right {pair.right_ml:.2f} mL."
    )
    if usual is not None:
        told += f" In {_people(usual)} it was {usual.low:+.0f} to {usual.high:+.0f} % (positive: left larger)."
    return [told]


def _people(usual: Range) -> str:
    return f"{usual.people} {usual.of}"


def _by_chance(usual: Range) -> str:
    return f"About {100 * usual.also_outside:.0f} % of people like them are outside too."
