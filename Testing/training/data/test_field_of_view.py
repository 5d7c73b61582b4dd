"""How much of a scan an example of a partial map shows, and from where it is seen."""

import dataclasses

import nibabel as nib
import numpy as np
import pytest

from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.synthesis.geometry import GeometryRanges

STILL = GeometryRanges(budget=(40_000, 40_000), rotation=0, scale=0, shear=0, warp_mm=0, partial=0)
SIDE = 60.0  # mm of the maps


@pytest.fixture
def case_of(tmp_path):
    def made(labels) -> Case:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.nii"
        nib.save(nib.Nifti1Image(labels, np.diag([2, 2, 2, 1])), path)
        return Case(path.stem, path.stem, "some", "fetal-brain", None, path, {1: "cerebellum"})

    return made


def box_of_the_cerebellum(start, stop):
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[10:20, 10:20, start:stop] = 1
    return labels


def shown(case, **recipe):
    """Sizes (mm, [8, 3]) of the fields of view of eight examples, and the examples."""
    drawn = Examples([case], {"some": SourceRecipe(1.0, flip=False, **recipe)}, STILL, seed=1)
    examples = [drawn[n] for n in range(8)]
    return np.array([[part.stop * float(e.spacing[0]) for part in e.unpadded] for e in examples]), examples


def test_a_map_that_ends_before_its_array_is_shown_in_a_wider_field_than_that(case_of):
    sizes, examples = shown(case_of(box_of_the_cerebellum(10, 20)), margin_mm=100.0, beyond=True)
    assert sizes.max(0).min() > 1.5 * SIDE
    for example in examples:
        whole = (example.labels > 0).sum() * float(example.spacing[0]) ** 3
        assert whole == pytest.approx(20**3, rel=0.25)  # none of it is lost, none of it is made


def test_what_the_array_cuts_off_ends_the_field_there(case_of):
    sizes, examples = shown(case_of(box_of_the_cerebellum(0, 12)), margin_mm=100.0, beyond=True)
    assert sizes[:, :2].max() > 1.5 * SIDE
    for example in examples:
        lowest = int(np.argwhere(example.labels.numpy() > 0)[:, 2].min())
        assert lowest * float(example.spacing[0]) < 5  # nothing is made up below it


def test_what_lies_as_it_likes_is_seen_from_any_direction(case_of):
    longest = [
        np.argmax(np.ptp(np.argwhere(example.labels.numpy() > 0), axis=0))
        for example in shown(case_of(box_of_the_cerebellum(3, 27)), margin_mm=60.0, turned=True)[1]
    ]
    assert len(set(longest)) > 1
    upright = shown(case_of(box_of_the_cerebellum(3, 27)), margin_mm=60.0)[1]
    assert all(np.argmax(np.ptp(np.argwhere(e.labels.numpy() > 0), axis=0)) == 2 for e in upright)


def test_without_being_told_so_nothing_is_shown_past_the_end_of_a_map(case_of):
    sizes, _ = shown(case_of(box_of_the_cerebellum(10, 20)), margin_mm=100.0)
    assert sizes.max() < 1.2 * SIDE


def test_a_margin_may_differ_along_each_axis_as_the_field_of_a_scanner_does(case_of):
    sizes, _ = shown(case_of(box_of_the_cerebellum(10, 20)), margin_mm=(100.0, 100.0, 10.0), beyond=True)
    assert sizes[:, 2].max() < 60 < np.median(sizes[:, 0])


@pytest.fixture
def scan_of(tmp_path):
    """A bright scan of 60 mm whose labels touch its last slice."""
    labels = box_of_the_cerebellum(12, 30)
    paths = [tmp_path / "image.nii", tmp_path / "labels.nii"]
    for path, voxels in zip(paths, (np.where(labels > 0, 900, 300).astype(np.int16), labels), strict=True):
        nib.save(nib.Nifti1Image(voxels, np.diag([2, 2, 2, 1])), path)
    return Case("scan", "scan", "some", "brain", *paths, {1: "cerebellum"})


def test_what_lies_beyond_a_scan_is_not_known(scan_of):
    turned = dataclasses.replace(STILL, rotation=20.0)
    for draw in range(4):
        example = Examples([scan_of], {"some": SourceRecipe(1.0, synthetic=0.0, flip=False)}, turned, seed=2)[draw]
        own = example.unpadded
        beyond = example.valid[own] == 0
        assert 0.01 < beyond.float().mean() < 0.6, "a turned field of view reaches past the corners of the scan"
        assert (example.image[own][beyond] == -1).all()
        assert not example.labels[own][beyond].any()


def test_an_image_made_of_a_map_goes_on_beyond_it(scan_of):
    turned = dataclasses.replace(STILL, rotation=20.0)
    recipe = {"some": SourceRecipe(1.0, synthetic=1.0, flip=False)}
    examples = Examples([scan_of], recipe, turned, seed=2)
    assert any(examples[draw].valid[examples[draw].unpadded].all() for draw in range(4))
