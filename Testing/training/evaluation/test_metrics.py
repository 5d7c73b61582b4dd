"""Dice, 95 % Hausdorff distance and surface Dice against cases that can be worked out by hand, and against MONAI."""

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage

from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.surface_distance import hausdorff95, surface_dice


def ball(shape, centre, radius, spacing=(1, 1, 1)) -> np.ndarray:
    """Voxels whose centre lies within radius (mm) of centre (mm)."""
    axes = np.meshgrid(*[np.arange(n) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij")
    return sum((axis - c) ** 2 for axis, c in zip(axes, centre, strict=True)) <= radius**2


def box(shape, start, stop) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = True
    return mask


def test_a_mask_with_itself_scores_one_and_zero_millimetres():
    mask = ball((20, 20, 20), (10, 10, 10), 6)
    assert dice(mask, mask) == 1.0
    assert hausdorff95(mask, mask, np.ones(3)) == 0.0


def test_dice_of_shifted_boxes_is_their_overlap():
    one, other = box((20, 9, 9), (2, 2, 2), (12, 7, 7)), box((20, 9, 9), (5, 2, 2), (15, 7, 7))
    assert dice(one, other) == pytest.approx(7 / 10)


def test_dice_of_shifted_balls_is_that_of_their_lens():
    radius, shift = 30.0, 12.0
    shape = (100, 80, 80)
    one, other = ball(shape, (40, 40, 40), radius), ball(shape, (40 + shift, 40, 40), radius)
    lens = math.pi * (4 * radius + shift) * (2 * radius - shift) ** 2 / 12
    assert dice(one, other) == pytest.approx(lens / (4 / 3 * math.pi * radius**3), abs=2e-3)


def test_a_structure_that_was_missed_scores_zero_and_has_no_distance():
    mask, nothing = ball((9, 9, 9), (4, 4, 4), 2), np.zeros((9, 9, 9), bool)
    assert dice(nothing, mask) == 0.0
    assert math.isnan(hausdorff95(nothing, mask, np.ones(3)))


def test_without_a_reference_there_is_no_score_whatever_was_found():
    mask, nothing = ball((9, 9, 9), (4, 4, 4), 2), np.zeros((9, 9, 9), bool)
    assert math.isnan(dice(mask, nothing))
    assert math.isnan(dice(nothing, nothing))
    assert math.isnan(hausdorff95(mask, nothing, np.ones(3)))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_two_single_voxels_are_as_far_apart_as_the_spacing_says(axis):
    one, other = np.zeros((9, 9, 9), bool), np.zeros((9, 9, 9), bool)
    one[4, 4, 4] = True
    other[tuple(6 if a == axis else 4 for a in range(3))] = True
    spacing = np.array([0.5, 1.25, 10.0])
    assert hausdorff95(one, other, spacing) == pytest.approx(2 * spacing[axis])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_boxes_that_differ_in_length_differ_by_that_length_in_millimetres(axis):
    """A flat box, longer by three voxels: its far end is the farthest part, and large enough a part to count in the 95
    %."""
    size, longer = [12, 12, 12], [12, 12, 12]
    size[axis], longer[axis] = 4, 7
    spacing = np.array([0.7, 1.1, 3.0])
    one = box((16, 16, 16), (2, 2, 2), tuple(2 + n for n in size))
    other = box((16, 16, 16), (2, 2, 2), tuple(2 + n for n in longer))
    assert hausdorff95(one, other, spacing) == pytest.approx(3 * spacing[axis])


def test_concentric_balls_on_an_anisotropic_grid_are_their_difference_in_radius_apart():
    spacing = np.array([0.5, 0.5, 1.0])
    shape, centre = (90, 90, 45), (22, 22, 22)
    outer, inner = ball(shape, centre, 18, spacing), ball(shape, centre, 13, spacing)
    assert hausdorff95(outer, inner, spacing) == pytest.approx(5, abs=0.7)


def test_it_does_not_matter_which_comes_first_or_where_the_masks_lie():
    rng = np.random.default_rng(5)
    one, other = rng.random((12, 13, 14)) > 0.7, rng.random((12, 13, 14)) > 0.7
    spacing = np.array([1.0, 2.0, 3.0])
    assert hausdorff95(one, other, spacing) == hausdorff95(other, one, spacing)
    assert hausdorff95(np.pad(one, 9), np.pad(other, 9), spacing) == hausdorff95(one, other, spacing)


@pytest.mark.parametrize(
    ("shift", "spacing"), list(itertools.product([(3, 0, 0), (2, 3, 1)], [(1, 1, 1), (0.8, 1.5, 4.0)]))
)
def test_the_distance_agrees_with_a_distance_transform(shift, spacing):
    one = ball((32, 32, 32), (13, 13, 13), 8)
    other = np.roll(ball((32, 32, 32), (13, 13, 13), 9), shift, axis=(0, 1, 2))
    surfaces = [mask & ~ndimage.binary_erosion(mask) for mask in (one, other)]
    reach = [ndimage.distance_transform_edt(~surface, sampling=spacing) for surface in surfaces]
    by_hand = max(np.percentile(reach[1][surfaces[0]], 95), np.percentile(reach[0][surfaces[1]], 95))
    assert hausdorff95(one, other, np.array(spacing)) == pytest.approx(by_hand, abs=1e-3)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.5, 10.0)])
def test_surface_dice_is_one_for_the_same_mask_also_at_the_edge_of_the_image(spacing):
    mask = box((8, 9, 10), (0, 2, 3), (5, 9, 7))
    assert surface_dice(mask, mask, np.array(spacing)) == 1.0


def test_a_missed_structure_has_no_right_surface_and_an_absent_one_no_score():
    mask, nothing = ball((9, 9, 9), (4, 4, 4), 2), np.zeros((9, 9, 9), bool)
    assert surface_dice(nothing, mask, np.ones(3)) == 0.0
    assert math.isnan(surface_dice(mask, nothing, np.ones(3)))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_face_counts_by_its_area_and_only_within_the_tolerance(axis):
    """A box that is longer by one voxel: its far end lies that much apart, and so do the sides of what was added."""
    spacing, size = np.array([1.0, 2.0, 5.0]), np.array([20, 12, 8])
    longer = size + np.eye(3, dtype=int)[axis]
    one, other = (box((26, 18, 14), (2, 2, 2), tuple(2 + n for n in of)) for of in (size, longer))
    end = np.prod(np.delete(size * spacing, axis))
    around = 2 * np.delete(size * spacing, axis).sum()
    lengths = np.array([size[axis], longer[axis]]) * spacing[axis]
    right = (2 * end + 2 * lengths[0] * around) / (4 * end + lengths.sum() * around)
    assert surface_dice(other, one, spacing, tolerance_mm=0.4) == pytest.approx(right, abs=0.05)
    assert surface_dice(other, one, spacing, tolerance_mm=spacing[axis]) == 1.0


def test_a_slice_too_many_costs_its_share_of_the_surface_not_of_the_voxels():
    """A column of ten slices, 10 mm apart, shifted by one: most of its surface is its sides, most of its outer voxels are its ends."""
    spacing = np.array([1.0, 1.0, 10.0])
    one = np.zeros((44, 44, 14), bool)
    one[..., 2:12] = ball((44, 44, 1), (22, 22, 0), 20)
    share = surface_dice(np.roll(one, 1, axis=2), one, spacing)
    assert 0.65 < share < 0.85, "9 of 10 slices of the sides, 12.6 of 15.1 thousand mm²"
