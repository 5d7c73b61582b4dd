"""Outlines and what they enclose, without DICOM."""

from itertools import combinations

import numpy as np
import pytest

from mrifoundation.tasks.exchange.filling import filled
from mrifoundation.tasks.exchange.outline import outlines


def noise(seed, share=0.6, shape=(40, 33)):
    return np.random.default_rng(seed).random(shape) < share


@pytest.mark.parametrize("seed", range(5))
def test_outlines_enclose_exactly_the_pixels_that_they_were_drawn_around(seed):
    plane = noise(seed)
    np.testing.assert_array_equal(filled(outlines(plane), plane.shape), plane)


def test_a_part_with_holes_is_one_contour():
    plane = np.ones((20, 20), bool)
    plane[4:7, 4:7] = plane[12:15, 9:17] = False
    plane[5, 5] = True
    assert len(outlines(plane)) == 2  # the part, and the island in its hole


def test_a_straight_edge_has_no_points_between_its_ends():
    plane = np.zeros((30, 30), bool)
    plane[5:25, 8:20] = True
    (ring,) = outlines(plane)
    assert len(ring) == 8  # each corner is cut
    np.testing.assert_array_equal([ring.min(0), ring.max(0)], [[4.5, 7.5], [24.5, 19.5]])


def test_keyholes_cross_nothing():
    plane = noise(11, share=0.75, shape=(18, 18))
    for ring in outlines(plane):
        edges = list(zip(ring, np.roll(ring, -1, axis=0), strict=True))
        assert not any(_cross(one, other) for one, other in combinations(edges, 2))


def _cross(one, other) -> bool:
    """Whether two edges cross at a point inside both."""

    def side(a, b, c):
        return np.sign(round((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]), 9))

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def test_a_contour_inside_another_is_a_hole_and_one_given_twice_counts_once():
    square = np.array([[1.5, 1.5], [1.5, 9.5], [9.5, 9.5], [9.5, 1.5]])
    inner = np.array([[3.5, 3.5], [3.5, 5.5], [5.5, 5.5], [5.5, 3.5]])
    assert filled([square, inner], (12, 12)).sum() == 8 * 8 - 2 * 2
    assert filled([square, square], (12, 12)).sum() == 8 * 8


def test_what_reaches_beyond_the_image_is_cut_off():
    square = np.array([[-5.0, -5.0], [-5.0, 3.5], [3.5, 3.5], [3.5, -5.0]])
    assert filled([square], (10, 10)).sum() == 4 * 4
