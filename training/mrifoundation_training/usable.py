"""What a recipe may train on: rows with labels and without, and pairs of scans and reports, of its tiers."""

import logging
from dataclasses import replace

from mrifoundation.errors import InputError
from mrifoundation_training.data.development import in_no_order, set_aside
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.report_pairs import ReportedScan, read_report_pairs
from mrifoundation_training.recipe import Recipe

log = logging.getLogger(__name__)


def usable_cases(recipe: Recipe) -> list[Case]:
    """Labelled training rows of the recipe's sources and tiers; `dev` and `eval-only` rows never train, whatever the recipe says.

    A source of the recipe that has none is warned of. Raises InputError when no source has any, or none is ever drawn."""
    there = recipe_cases(recipe)
    cases = [c for c in _training_rows(recipe, there) if c.labels and c.source in recipe.sources]
    if not cases:
        raise InputError(_nothing_to_learn(recipe, there))
    if missing := sorted(recipe.sources.keys() - {c.source for c in cases}):
        log.warning(
            "%s has no labelled training rows of %s in the recipe's tiers; they are left out. Check the names of the sources.",
            recipe.manifest,
            ", ".join(missing),
        )
    if not any(recipe.sources[c.source].weight > 0 and not recipe.sources[c.source].lesion_shapes for c in cases):
        raise InputError("No source of the recipe is ever drawn; give one that is no lesion_shapes a weight above 0.")
    return cases


def unlabelled_cases(recipe: Recipe) -> list[Case]:
    """Training scans without labels, or without any that the recipe lets be seen, of the sources that the student–teacher stage names.

    Raises InputError when one of these has none."""
    wanted = recipe.student_teacher.unlabelled
    cases = [c for c in _training_rows(recipe, recipe_cases(recipe)) if c.image and not c.labels and c.source in wanted]
    if missing := sorted(set(wanted) - {c.source for c in cases}):
        raise InputError(
            f"{recipe.manifest} has no training scans without labels of {', '.join(missing)} in the recipe's tiers; take it out of "
            "student_teacher.unlabelled, or add such scans."
        )
    return cases


def recipe_cases(recipe: Recipe) -> list[Case]:
    """All cases of the recipe's manifest; what is there of its development people is of split dev."""
    cases = read_cases(recipe.manifest, recipe.region)
    if not recipe.development_people:
        return cases
    drawn = {name for name, source in recipe.sources.items() if source.weight > 0 and not source.lesion_shapes}
    return set_aside(
        cases, [c for c in cases if c.source in drawn and _may_train(c, recipe)], recipe.development_people
    )


def _training_rows(recipe: Recipe, cases: list[Case]) -> list[Case]:
    """Training rows of the recipe's tiers; where it says for how many people of a source labels count, the others' have none."""
    rows = [c for c in cases if _may_train(c, recipe)]
    if not recipe.labelled_people:
        return rows
    people: dict[str, set[str]] = {}
    for case in sorted((c for c in rows if c.labels), key=lambda c: in_no_order(c.subject)):
        labelled = people.setdefault(case.source, set())
        if len(labelled) < recipe.labelled_people:
            labelled.add(case.subject)
    return [c if c.subject in people.get(c.source, ()) else replace(c, labels=None) for c in rows]


def _may_train(case: Case, recipe: Recipe) -> bool:
    return case.split == "train" and case.tier in set(recipe.tiers) - {"eval-only"}


def _nothing_to_learn(recipe: Recipe, cases: list[Case]) -> str:
    """Why no case is left, and what would do."""
    labelled = [c for c in cases if c.labels and c.split == "train" and c.tier != "eval-only"]
    if not labelled:
        return f"{recipe.manifest} has no labelled training scans; training needs some."
    if not (known := [c for c in labelled if c.source in recipe.sources]):
        there = ", ".join(sorted({c.source for c in labelled}))
        return (
            f"{recipe.manifest} has labelled training scans of {there}, and the recipe names none of these sources; write them under "
            "'sources:' as docs/training.md shows."
        )
    tiers = ",".join(sorted({c.tier for c in known}))
    return (
        f"What the recipe's sources have in {recipe.manifest} is of tier {tiers}; set tiers=[{tiers}] to train on it."
    )


def usable_reports(recipe: Recipe) -> list[ReportedScan]:
    """Training rows of the recipe's pairs and tiers, without its development people; none where it has no pairs.

    Raises InputError when there are pairs but none to use."""
    if not recipe.report_pairs:
        return []
    if not recipe.reports.weight:
        raise InputError(
            "Pairs of scans and reports train the image–report stage; give it a weight, such as reports.weight=0.1."
        )
    found = [one for one in read_report_pairs(recipe.report_pairs) if _may_train(one.case, recipe)]
    if recipe.development_people:
        aside = {c.subject for c in recipe_cases(recipe) if c.split == "dev"}
        found = [one for one in found if one.case.subject not in aside]
    if not found:
        raise InputError(
            f"{recipe.report_pairs} has no rows to train on: of split train, of the recipe's tiers ({', '.join(recipe.tiers)}; rows "
            "without a tier are own) and of nobody who is set aside. Check them, and tiers=[own,open,research]."
        )
    return found
