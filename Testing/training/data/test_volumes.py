"""Files that are not what they should be, and what of them is learned."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.volumes import load_case
from mrifoundation_training.synthesis.geometry import GeometryRanges

STILL = GeometryRanges(budget=(20_000, 20_000), rotation=0, scale=0, shear=0, warp_mm=0, partial=0)
LPS = np.diag([-3.0, -3, 3, 1])


@pytest.fixture
def case_of(tmp_path):
    def made(labels, affine=LPS, table=None) -> Case:
        image = np.random.default_rng(0).uniform(50, 100, (24, 24, 24)).astype(np.float32)
        image[4:10, 8:16, 8:16] = 1000
        for name, array, own in (("image", image, LPS), ("labels", labels, affine)):
            nib.save(nib.Nifti1Image(array, own), tmp_path / f"{name}.nii")
        return Case(
            "p", "p", "own", "abdomen", tmp_path / "image.nii", tmp_path / "labels.nii", table or {1: "left kidney"}
        )

    return made


def a_kidney(dtype=np.uint8):
    labels = np.zeros((24, 24, 24), dtype)
    labels[4:10, 8:16, 8:16] = 1
    return labels


def test_labels_lie_on_what_they_mark_and_are_refused_where_their_file_says_that_they_lie_elsewhere(case_of):
    volume = load_case(case_of(a_kidney()))
    assert volume.image[volume.labels > 0].min() == 1000
    with pytest.raises(InputError, match="not on the grid"):
        load_case(case_of(a_kidney(), np.diag([3.0, 3, 3, 1])))


@pytest.mark.parametrize("value", [-1, 0.5])
def test_values_that_are_no_labels_are_refused_by_name(case_of, value):
    labels = a_kidney(np.float32)
    labels[0, 0, 0] = value
    with pytest.raises(InputError, match="'p' has labels that are negative or no whole numbers"):
        load_case(case_of(labels))


def test_a_scan_in_which_nothing_is_marked_is_learned_from_too(case_of):
    examples = Examples([case_of(a_kidney() * 0)], {"own": SourceRecipe(1.0, synthetic=0.5, flip=False)}, STILL)
    for draw in range(6):
        example = examples[draw]
        assert example.askable.absent[example.askable.names.index("left kidney")] and not example.labels.any()
    assert not examples.skipped


def test_of_a_source_that_labels_one_side_the_mirrored_scan_shows_the_other(case_of):
    examples = Examples([case_of(a_kidney())], {"own": SourceRecipe(1.0, synthetic=0.0)}, STILL)
    seen = set()
    for draw in range(12):
        example = examples[draw]
        asked, present = example.askable, example.askable.lut[:, np.unique(example.labels)].any(1)
        for name in ("left kidney", "right kidney"):
            if name in asked.names:
                row = asked.names.index(name)
                assert present[row] and not asked.absent[row], "what is in view is never called absent"
                seen.add(name)
    assert seen == {"left kidney", "right kidney"}


def test_a_slab_of_a_whole_map_and_a_womb_about_nothing_can_be_drawn(case_of):
    case = replace(case_of(a_kidney()), region="fetal-brain")
    examples = Examples([case], {"own": SourceRecipe(1.0, whole=True, slab=1.0, womb=1.0)}, STILL)
    assert all(examples[draw].image.isfinite().all() for draw in range(4))
