"""What a recipe may train on: rows with labels and without, and pairs of scans and reports, of its tiers."""

from dataclasses import replace
from zlib import crc32

from mrifoundation.errors import InputError
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.report_pairs import ReportedScan, read_report_pairs
from mrifoundation_training.recipe import Recipe


def usable_cases(recipe: Recipe) -> list[Case]:
    """Labelled training rows of the recipe's sources and tiers; `dev` and `eval-only` rows never train, whatever the recipe says."""
    cases = [c for c in _training_rows(recipe) if c.labels and c.source in recipe.sources]
    if not cases:
        raise InputError(
            f"{recipe.manifest} has no labelled training rows of the recipe's sources and tiers; check both."
        )
    return cases


def unlabelled_cases(recipe: Recipe) -> list[Case]:
    """Training scans without labels, or without any that the recipe lets be seen, of the sources that the student–teacher stage names."""
    return [
        c for c in _training_rows(recipe) if c.image and not c.labels and c.source in recipe.student_teacher.unlabelled
    ]


def _training_rows(recipe: Recipe) -> list[Case]:
    """Training rows of the recipe's tiers; where it says for how many people of a source labels count, the others' have none.

    Which people follows from what they are called, in no order that a diagnosis or a scanner might share."""
    tiers = set(recipe.tiers) - {"eval-only"}
    rows = [c for c in read_cases(recipe.manifest, recipe.region) if c.split == "train" and c.tier in tiers]
    if not recipe.labelled_people:
        return rows
    people: dict[str, set[str]] = {}
    for case in sorted((c for c in rows if c.labels), key=lambda c: crc32(c.subject.encode())):
        labelled = people.setdefault(case.source, set())
        if len(labelled) < recipe.labelled_people:
            labelled.add(case.subject)
    return [c if c.subject in people.get(c.source, ()) else replace(c, labels=None) for c in rows]


def usable_reports(recipe: Recipe) -> list[ReportedScan]:
    """Training rows of the recipe's pairs and tiers; none where it has no pairs. Raises InputError when there are pairs but none to use."""
    if not recipe.report_pairs:
        return []
    if not recipe.reports.weight:
        raise InputError(
            "Pairs of scans and reports train the image–report stage; give it a weight, such as reports.weight=0.1."
        )
    tiers = set(recipe.tiers) - {"eval-only"}
    found = [
        one for one in read_report_pairs(recipe.report_pairs) if one.case.split == "train" and one.case.tier in tiers
    ]
    if not found:
        raise InputError(
            f"{recipe.report_pairs} has no training rows of the recipe's tiers; rows without a tier are research: set "
            "tiers=[open,research]."
        )
    return found
