"""Examples are drawn from (seed, draw) alone, keep labels and image together, and survive a bad file."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.synthesis.contrast import SEQUENCES, draw_contrast, draw_surroundings, shares_in, tissue_of
from mrifoundation_training.usable import usable_cases


@pytest.fixture
def examples(small_recipe):
    return Examples(usable_cases(small_recipe), small_recipe.sources, small_recipe.geometry)


def test_the_same_draw_is_the_same_example_whoever_draws_it(examples, small_recipe):
    again = Examples(usable_cases(small_recipe), small_recipe.sources, small_recipe.geometry)
    for draw in (5, 0, 5):
        first, second = examples[draw], again[draw]
        assert torch.equal(first.image, second.image) and torch.equal(first.labels, second.labels)
    assert not torch.equal(examples[0].image, examples[1].image)


def test_an_example_is_what_the_network_takes(examples):
    for draw in range(12):
        example = examples[draw]
        assert all(n % 16 == 0 for n in example.image.shape)
        assert torch.isfinite(example.image).all() and example.image.abs().max() <= 1.25
        assert example.labels.shape == example.valid.shape == example.image.shape
        assert 1.0 <= example.spacing[0] <= 4.0 and len(example.spacing) == 4


def test_organs_of_a_real_scan_stay_brighter_than_the_body_after_every_deformation(examples):
    """Image and labels go through the same view: the kidneys of the data are brighter than all else, wherever they end up."""
    real = dataclasses.replace(
        examples, recipes={"bodies": dataclasses.replace(examples.recipes["bodies"], synthetic=0.0)}
    )
    for draw in range(10):
        example = real[draw]
        names = example.askable.names
        if example.askable.absent[names.index("kidney")]:
            continue
        kidney = torch.from_numpy(example.askable.lut[names.index("kidney")])[example.labels.long()]
        other = (example.labels == 0) & (example.valid > 0)
        assert example.image[kidney].mean() > example.image[other].mean() + 0.3


def test_left_stays_left_in_unflipped_views(examples):
    for draw in range(10):
        example = examples[draw]
        names = example.askable.names
        places = []
        for name in ("left kidney", "right kidney"):
            mask = torch.from_numpy(example.askable.lut[names.index(name)])[example.labels.long()]
            places.append(mask.nonzero()[:, 0].float().mean().item() if mask.any() else None)
        if None not in places:
            assert places[0] < places[1], "the first axis grows to the patient's right"


def test_a_flipped_view_swaps_the_names_so_that_left_is_still_left(small_recipe):
    flipping = {name: dataclasses.replace(recipe, flip=True) for name, recipe in small_recipe.sources.items()}
    test_left_stays_left_in_unflipped_views(Examples(usable_cases(small_recipe), flipping, small_recipe.geometry))


def test_a_corrupt_file_is_skipped_and_named(small_recipe, small_data, tmp_path):
    folder = shutil.copytree(small_data.parent, tmp_path / "copy")
    (folder / "b_labels.nii.gz").write_bytes(b"not a scan")
    examples = Examples(
        usable_cases(dataclasses.replace(small_recipe, manifest=str(folder / "volumes.csv"))),
        small_recipe.sources,
        small_recipe.geometry,
    )
    for draw in range(8):
        assert examples[draw].case_id != "b"
    assert "b_labels" in examples.skipped["b"]


def test_a_data_set_of_corrupt_files_ends_the_run_in_words(small_recipe, small_data, tmp_path):
    folder = shutil.copytree(small_data.parent, tmp_path / "copy")
    for file in folder.glob("*.nii.gz"):
        file.write_bytes(b"")
    examples = Examples(
        usable_cases(dataclasses.replace(small_recipe, manifest=str(folder / "volumes.csv"))),
        small_recipe.sources,
        small_recipe.geometry,
    )
    with pytest.raises(InputError, match="No case"):
        examples[0]


def test_both_sides_of_a_structure_share_their_contrast():
    for seed in range(20):
        means, deviations, _ = draw_contrast(
            np.random.default_rng(seed), ("", "left kidney", "right kidney", "liver"), realistic=0.5
        )
        assert means[1] == means[2] and deviations[1] == deviations[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("intervertebral disc", "vertebral body"),
        ("vertebral endplate", "vertebral body"),
        ("patellar cartilage", "patella"),
        ("medial tibial cartilage", "tibia"),
        ("lateral meniscus", "tibia"),
        ("prostate peripheral zone", "prostate transition zone"),
        ("spinal cord", "spinal canal"),
        ("left cerebellar white matter", "left cerebellar cortex"),
    ],
)
def test_neighbours_that_a_scan_tells_apart_are_of_different_tissues(one, other):
    assert None not in (tissue_of(one), tissue_of(other)) and tissue_of(one) != tissue_of(other)


def test_fluid_is_only_nulled_in_heads():
    assert shares_in("brain")[SEQUENCES.index("FLAIR")] > 0 == shares_in("lumbar-spine")[SEQUENCES.index("FLAIR")]


def test_a_partial_map_lies_in_soft_tissue_of_its_sequence_or_in_anything():
    # Fat is bright in T1, and air has no signal.
    draw = np.random.default_rng(3)
    assert max(draw_surroundings(draw, 200, "T1")) > 0.85 and min(draw_surroundings(draw, 200, "T1")) < 0.1
    assert min(draw_surroundings(draw, 200, None)) >= 0 and max(draw_surroundings(draw, 200, None)) <= 1


def test_nothing_is_in_view_of_a_body_that_nobody_has(small_recipe):
    cases = usable_cases(small_recipe)
    examples, usual = (
        Examples(cases, small_recipe.sources, small_recipe.geometry, strangers=share) for share in (0.5, 0.0)
    )
    strangers = {draw: examples[draw] for draw in range(12) if examples[draw].case_id == "nobody"}
    assert 2 <= len(strangers) <= 10 and not any(usual[draw].case_id == "nobody" for draw in range(12))
    for draw, example in strangers.items():
        assert not example.labels.any() and example.askable.absent.all() and len(example.askable.names) > 200
        assert example.image.max() > 0.5 and all(n % 16 == 0 for n in example.image.shape)
        assert torch.equal(example.image, examples[draw].image)
