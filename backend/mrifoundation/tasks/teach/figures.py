"""How well a taught structure is found in scans of people who did not teach it."""

from collections.abc import Sequence

import numpy as np

from mrifoundation.engine.taught.card import Lesson
from mrifoundation.engine.taught.cells import Cells
from mrifoundation.engine.taught.query_fit import dice_on, fit_query
from mrifoundation.model import Card

FOLDS = 5
FINE_TUNED = "fine_tuned"  # in the `training` of weights: structure, volumes (content hashes of the scans), figures


def figures_of(
    weights: Card,
    name: str,
    lessons: Sequence[Lesson],
    cells: Sequence[Cells],
    prior: tuple[np.ndarray, float] | None,
) -> dict:
    """The figures of a card. Of weights that were themselves fine-tuned to `name` on one of these scans, those that were measured on people
    whom that fine-tuning did not see: here everybody was seen."""
    tuned = weights.training.get(FINE_TUNED, {})
    if tuned.get("structure") == name and not {one.volume for one in lessons}.isdisjoint(tuned["volumes"]):
        return tuned["figures"]
    return left_out_figures(cells, prior, [one.person for one in lessons])


def left_out_figures(lessons: Sequence[Cells], prior: tuple[np.ndarray, float] | None, people: Sequence[str]) -> dict:
    """Cross-validated Dice over scans, estimated on the cells that are kept; no person is in two folds. {} with one person, of whom
    nothing can be told."""
    persons = list(dict.fromkeys(people))
    if len(persons) < 2:
        return {}
    found = []
    for fold in range(min(FOLDS, len(persons))):
        out = [n for n, person in enumerate(people) if person in persons[fold::FOLDS]]
        query = fit_query([one for number, one in enumerate(lessons) if number not in out], prior)
        found += [dice_on(lessons[number], query) for number in out]
    mean, low, high = float(np.mean(found)), min(found), max(found)
    others = "the others" if len(persons) == len(people) else "other people's scans"
    return {
        "dice": round(mean, 4),
        "scans": len(found),
        "sentence": f"Each of {len(found)} scans, segmented by what {others} taught: mean Dice {mean:.2f} "
        f"({low:.2f} to {high:.2f}), estimated on a sample of their voxels.",
    }
