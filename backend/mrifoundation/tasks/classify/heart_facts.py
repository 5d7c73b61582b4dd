"""The heart as a head sees it: proportions of two phases, and its function as evidence in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence
from mrifoundation.tasks.measure.heart import HeartFunction, heart_function, phase_of
from mrifoundation.tasks.measure.heart_proportions import heart_proportions

# Usual ranges: Petersen et al., J Cardiovasc Magn Reson 2017 (UK Biobank), and 2-4 for the end-diastolic wall.
NORMS = {
    "left ejection fraction": "over about 50 %",
    "right ejection fraction": "over about 45 %",
    "right to left end-diastolic volume": "about 1",
    "thickest part of the wall at end-diastole": "under about 12 mm",
}


def heart_of(
    phases: Sequence[np.ndarray], spacing: np.ndarray, voxel_ml: float
) -> tuple[dict[str, float], HeartFunction]:
    """(proportions, function) of the label maps [i, j, k] of end-diastole and end-systole, with 1, 2, 3 = `heart.STRUCTURES`.

    spacing: mm [3]. Raises InputError where either cannot be measured."""
    function = heart_function(*(phase_of(labels, spacing, voxel_ml) for labels in phases))
    return heart_proportions(*phases, spacing), function


def heart_values(heart: HeartFunction) -> dict[str, tuple[float, str]]:
    """What is told of a heart: name → (value, unit); a right ejection fraction that cannot be believed is not among them."""
    right = heart.right_ejection
    return {
        "left ejection fraction": (100 * heart.left_ejection, "%"),
        **({} if right is None else {"right ejection fraction": (100 * right, "%")}),
        "left end-diastolic volume": (heart.left_edv_ml, "mL"),
        "left end-systolic volume": (heart.left_esv_ml, "mL"),
        "right end-diastolic volume": (heart.right_edv_ml, "mL"),
        "right to left end-diastolic volume": (heart.right_edv_ml / heart.left_edv_ml, ""),
        "mass of the left ventricle": (heart.mass_g, "g"),
        "thickest part of the wall at end-diastole": (heart.thickest_mm, "mm"),
        "thickening of the wall": (100 * heart.thickening, "%"),
    }


def heart_evidence(heart: HeartFunction, card: HeadCard) -> list[Evidence]:
    """One sentence a value, with how far our values lay from the experts' where the head's card tells that."""
    errors = card.figures.get("measurements", {})
    facts = [_fact(name, value, unit, errors.get(name)) for name, (value, unit) in heart_values(heart).items()]
    if heart.right_ejection is None:
        why = "Right ejection fraction: not told, since the right ventricle was segmented no smaller at end-systole than at end-diastole."
        facts.append(Evidence("right end-systolic volume", round(heart.right_esv_ml, 4), "mL", why))
    return facts


def ejection_caution(proportions: Mapping[str, float]) -> str:
    """Where a chamber is larger at end-systole on the slices that both phases show, which no heart's is; "" elsewhere."""
    grown = [side for side in ("left", "right") if proportions[f"{side} ejection"] < 0]
    if not grown:
        return ""
    return (
        f"The {' and the '.join(grown)} ventricle was segmented larger at end-systole than at end-diastole on the slices that both phases "
        "show; the answer rests on that, and is hardly to be believed."
    )


def _fact(what: str, value: float, unit: str, error: dict | None) -> Evidence:
    norm, shown = NORMS.get(what, ""), _shown(value, unit)
    sentence = f"{what[0].upper()}{what[1:]}: {shown}"
    sentence += f" (usual: {norm})." if norm else "."
    if error:
        lower, upper = (_shown(error[end], "points" if unit == "%" else unit, sign=True) for end in ("low", "high"))
        sentence += f" Off experts' outlines by {lower} to {upper} (95 %, {error['people']} development hearts)."
    return Evidence(what, round(value, 4), unit, sentence, norm)


def _shown(value: float, unit: str, sign: bool = False) -> str:
    digits = 2 if not unit else 0 if unit in ("%", "points", "mL", "g") or abs(value) >= 20 else 1
    return f"{value:{'+' if sign else ''}.{digits}f}{' ' if unit else ''}{unit}"
