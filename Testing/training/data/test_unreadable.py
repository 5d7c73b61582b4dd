"""What cannot be read is left out, each kind of draw by itself, and a run ends when nothing is left to draw."""

import dataclasses
import shutil

import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.pairs import Pairs, WithPairs
from mrifoundation_training.data.report_pairs import ReportedExamples, ReportedScan
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.new_model import shown
from mrifoundation_training.synthesis.geometry import GeometryRanges
from mrifoundation_training.usable import usable_cases

NEVER_DRAWN = {
    "another lends its shapes": SourceRecipe(0, lesion_shapes=True),
    "another has no weight": SourceRecipe(0),
}


@pytest.fixture
def damaged(small_recipe, small_data, tmp_path):
    """The recipe, of a copy of the data in which `damage` damages the files of a name."""
    folder = shutil.copytree(small_data.parent, tmp_path / "copy")

    def damage(*names):
        for name in names:
            (folder / name).write_bytes(b"not a scan")
        geometry = GeometryRanges(budget=(4_000, 6_000))
        return dataclasses.replace(small_recipe, manifest=str(folder / "volumes.csv"), geometry=geometry)

    return damage


@pytest.mark.parametrize("other", NEVER_DRAWN.values(), ids=NEVER_DRAWN)
def test_a_run_ends_when_all_that_it_draws_is_damaged(damaged, other):
    recipe = damaged("a_image.nii.gz", "b_image.nii.gz")
    examples = Examples(usable_cases(recipe), recipe.sources | {"maps": other}, recipe.geometry)
    with pytest.raises(InputError, match=r"can be read; check its files.*_image"):
        examples[0]


def test_a_case_that_is_never_drawn_does_not_end_it(damaged):
    """A lender and one of two cases are damaged: as many as are drawn, but one of these is whole."""
    recipe = damaged("b_image.nii.gz")
    recipe.sources["maps"] = SourceRecipe(0, lesion_shapes=True)
    examples = Examples(usable_cases(recipe), recipe.sources, recipe.geometry)
    examples.skipped["m"] = "It cannot be read."
    assert {examples[draw].case_id for draw in range(6)} == {"a"} and set(examples.skipped) == {"b", "m"}


def test_pairs_end_only_when_scans_without_labels_are_damaged_too(damaged):
    recipe = damaged("a_labels.nii.gz", "b_labels.nii.gz")
    cases = usable_cases(recipe)
    unlabelled = tuple(dataclasses.replace(case, id=f"{case.id}0", labels=None) for case in cases if case.image)
    pairs = Pairs(cases, recipe.sources, recipe.geometry, unlabelled=unlabelled, share=0.5)
    assert {pairs[draw].case_id for draw in range(6)} == {"a0", "b0"}
    with pytest.raises(InputError, match="_labels"):
        Pairs(cases, recipe.sources, recipe.geometry, unlabelled=unlabelled, share=0.0)[0]


def test_a_reported_scan_is_no_labelled_one(damaged):
    """Both may go by one id, as one scan may be in both files; that its report's image is damaged costs no labels."""
    recipe = damaged("c_image.nii.gz")
    cases = usable_cases(recipe)
    one = dataclasses.replace(cases[0], labels=None, table={})
    broken = dataclasses.replace(one, image=one.image.parent / "c_image.nii.gz")
    also = dataclasses.replace(one, id="d")
    usual = Examples(cases, recipe.sources, recipe.geometry)
    reported = tuple(ReportedScan(case, "Normal.") for case in (broken, also))
    drawn = WithPairs(ReportedExamples([], recipe.sources, recipe.geometry, reported=reported, usual=usual, share=0.5))
    seen = {drawn[draw][0].case_id for draw in range(16)}
    assert seen == {"a", "b", "m", "d"} and drawn.skipped.keys() == {"a"} and "c_image" in drawn.skipped["a"]


def test_what_shows_no_sacrum_or_cannot_be_read_does_not_keep_a_run_from_beginning(damaged):
    recipe = damaged("a_labels.nii.gz")
    sources = {"bodies": SourceRecipe(1, levels=0.3)}
    cases = usable_cases(recipe)
    assert shown(cases, sources) == cases


def test_a_recipe_that_draws_nothing_is_refused(small_recipe):
    small_recipe.sources["maps"] = small_recipe.sources["bodies"] = SourceRecipe(0)
    with pytest.raises(InputError, match="a weight above 0"):
        usable_cases(small_recipe)
