"""What a recipe may train on: labelled rows, and pairs of scans and reports, of its tiers."""

from mrifoundation.errors import InputError
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.report_pairs import ReportedScan, read_report_pairs
from mrifoundation_training.recipe import Recipe


def usable_cases(recipe: Recipe) -> list[Case]:
    """Labelled training rows of the recipe's sources and tiers; `dev` and `eval-only` rows never train, whatever the recipe says."""
    tiers = set(recipe.tiers) - {"eval-only"}
    cases = [
        c
        for c in read_cases(recipe.manifest, recipe.region)
        if c.split == "train" and c.tier in tiers and c.labels and c.source in recipe.sources
    ]
    if not cases:
        raise InputError(
            f"{recipe.manifest} has no labelled training rows of the recipe's sources and tiers; check both."
        )
    return cases


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
