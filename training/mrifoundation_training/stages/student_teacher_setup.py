"""The student–teacher stage of a recipe: its heads, the pairs it sees, and what its teacher may label."""

from collections.abc import Iterable

import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.model import FoundationModel
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.pairs import Pairs
from mrifoundation_training.recipe import Recipe
from mrifoundation_training.stages.student_teacher import StudentTeacher
from mrifoundation_training.usable import unlabelled_cases

# Pairs are drawn from a seed of their own, so that they are not the examples once more.
SEED_OFFSET = 1_000_003


def set_up(
    recipe: Recipe, cases: list[Case], model: FoundationModel, drawn_on: str
) -> tuple[StudentTeacher, Pairs] | tuple[None, None]:
    """The stage on the model's device and its pairs, drawn on `drawn_on`; nothing where the recipe leaves the stage out."""
    settings = recipe.student_teacher
    if not settings.weight:
        return None, None
    with torch.random.fork_rng(devices=[]):  # nothing else of a run may depend on whether it has this stage
        torch.manual_seed(recipe.seed)
        stage = StudentTeacher(model.config, settings, known_tables(cases)).to(model.device)
    pairs = Pairs(
        cases,
        recipe.sources,
        recipe.geometry,
        recipe.realistic,
        recipe.strength,
        recipe.seed + SEED_OFFSET,
        drawn_on,
        unlabelled=tuple(unlabelled_cases(recipe)),
        share=settings.unlabelled_share,
    )
    return stage, pairs


def known_tables(cases: Iterable[Case]) -> dict[str, list[tuple[str, ...]]]:
    """Region → label tables of its cases, as names of the vocabulary that never overlap; a region that nobody knows has none."""
    vocabulary, tables = Vocabulary.load(), {}
    for case in cases:
        table = tuple(sorted({name for name in case.table.values() if name in vocabulary}))
        if table and case.region != "unknown" and table not in tables.setdefault(case.region, []):
            tables[case.region].append(table)
    return tables
