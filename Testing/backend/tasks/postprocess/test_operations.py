"""Post-processing on grids whose voxels are no cubes, and at the edge of the volume."""

import numpy as np
import pytest

from mrifoundation import InputError
from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Segmentation
from mrifoundation.tasks.postprocess import Operation, Tidying, apply, tidied

SPACING = np.array([1.0, 2.0, 4.0])


def ball(radius_mm, middle=(40, 20, 10), shape=(81, 41, 21)):
    """A ball in mm."""
    away = (np.indices(shape).transpose(1, 2, 3, 0) - middle) * SPACING
    return np.linalg.norm(away, axis=-1) <= radius_mm


def test_only_the_largest_piece_stays():
    large, small = ball(16), ball(5, (8, 5, 3))
    np.testing.assert_array_equal(apply(large | small, SPACING, [Operation("largest-piece")]), large)


def test_cavities_are_filled_and_tunnels_are_not():
    hollow = ball(20) & ~ball(8)
    np.testing.assert_array_equal(apply(hollow, SPACING, [Operation("fill-holes")]), ball(20))
    tunnel = ball(20)
    tunnel[:, 20, 10] = False
    np.testing.assert_array_equal(apply(tunnel, SPACING, [Operation("fill-holes")]), tunnel)


SIDES = np.array([30.0, 36.0, 32.0])


def box():
    """A box of SIDES, mm, its faces half-way between centres of voxels."""
    mask = np.zeros((81, 61, 31), bool)
    low, count = (25, 21, 11), (SIDES / SPACING).astype(int)
    mask[tuple(slice(start, start + size) for start, size in zip(low, count, strict=True))] = True
    return mask


@pytest.mark.parametrize("mm", [3.0, 5.0, 6.0, 9.5, -3.0, -5.0, -6.0, -9.5])
def test_every_face_moves_by_the_margin_as_nearly_as_voxels_allow(mm):
    """Also between thick slices, where the centre of the next one may lie farther away than the margin reaches."""
    after = apply(box(), SPACING, [Operation("margin", mm)])
    for axis in range(3):
        extent = after.any(axis=tuple(np.delete(range(3), axis))).sum() * SPACING[axis]
        assert abs((extent - SIDES[axis]) / 2 - mm) <= SPACING[axis] / 2, (axis, extent)


@pytest.mark.parametrize("mm", [4.0, 8.0, 12.0])
def test_a_box_grows_to_the_volume_that_geometry_tells(mm):
    """Steiner's formula: faces, edges as quarters of cylinders, corners as eighths of a ball."""
    a, b, c = SIDES
    expected = a * b * c + 2 * mm * (a * b + b * c + c * a) + np.pi * mm**2 * (a + b + c) + 4 / 3 * np.pi * mm**3
    after = apply(box(), SPACING, [Operation("margin", mm)])
    assert after.sum() * SPACING.prod() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("mm", [3.0, 5.0, 10.0, -3.0, -5.0])
def test_a_ball_grows_and_shrinks_to_a_ball(mm):
    """By as much as its volume tells; that it is made of steps may count for a fifth of a thick slice."""
    before, after = (
        np.cbrt(mask.sum() * SPACING.prod() * 3 / 4 / np.pi)
        for mask in (ball(20), apply(ball(20), SPACING, [Operation("margin", mm)]))
    )
    assert abs(after - before - mm) < SPACING.max() / 5


def test_a_margin_inward_takes_nothing_off_where_the_volume_ends():
    mask = np.zeros((20, 20, 20), bool)
    mask[:, :, :10] = True
    after = apply(mask, np.ones(3), [Operation("margin", -3.0)])
    assert after[:, :, :7].all() and not after[:, :, 7:].any()


def test_smoothing_takes_spikes_off_and_keeps_the_volume():
    rough = ball(16)
    rough[40, 20, :] = True
    after = apply(rough, SPACING, [Operation("smooth", 3.0)])
    assert abs(int(after.sum()) - int(rough.sum())) <= 2 and not after[40, 20, 0]
    assert 2 * (after & ball(16)).sum() / (after.sum() + ball(16).sum()) > 0.95


def test_a_thin_structure_survives_smoothing():
    line = np.zeros((30, 30, 30), bool)
    line[15, 15, 5:25] = True
    assert apply(line, np.ones(3), [Operation("smooth", 3.0)]).sum() >= 20


def test_boolean_operations():
    one, other = ball(16), ball(16, (48, 20, 10))
    for kind, expected in (("union", one | other), ("intersection", one & other), ("difference", one & ~other)):
        np.testing.assert_array_equal(apply(one, SPACING, [Operation(kind, other=other)]), expected)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Operation("melt"), "no operation 'melt'"),
        (Operation("margin", -40.0), "nothing is left"),
        (Operation("smooth", -1.0), "between 0 and 50"),
        (Operation("margin", float("nan")), "between -50 and 50"),
        (Operation("union"), "needs a second contour"),
    ],
)
def test_what_cannot_be_done_is_told(operation, words):
    with pytest.raises(InputError, match=words):
        apply(ball(16), SPACING, [operation])


def test_an_empty_mask_stays_empty():
    nothing = np.zeros((5, 5, 5), bool)
    operations = [
        Operation("largest-piece"),
        Operation("fill-holes"),
        Operation("smooth", 2.0),
        Operation("margin", 3.0),
    ]
    assert not apply(nothing, np.ones(3), operations).any()


def row(name, value):
    return {"prompt": name, "name": name, "value": value, "volume_ml": 1.0, "in_view": True, "center_ras_mm": [0, 0, 0]}


def test_tidying_takes_no_voxel_from_a_neighbour_and_measures_anew():
    """A hole that belongs to another structure stays its own; a crumb of what the body has in one piece goes."""
    vocabulary = Vocabulary.load()
    assert vocabulary["liver"].one_piece
    labels = np.zeros((81, 41, 21), np.uint8)
    labels[ball(20) & ~ball(8)] = 1
    labels[ball(5)] = 2
    labels[2, 2, 2] = 1
    given = Segmentation(labels, np.diag([*SPACING, 1.0]), [row("liver", 1), row("spleen", 2)], [], {})
    result = tidied(given, vocabulary, Tidying(largest_piece=True, fill_holes=True))
    np.testing.assert_array_equal(result.labels == 2, ball(5))
    np.testing.assert_array_equal(result.labels == 1, ball(20) & ~ball(5))
    assert result.table[0]["volume_ml"] == round(int((result.labels == 1).sum()) * 8 / 1000, 4)
    assert np.allclose(result.table[0]["center_ras_mm"], (40, 40, 40), atol=0.1)
    assert given.labels[2, 2, 2] == 1, "what was given is left as it was"
