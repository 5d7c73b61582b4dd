"""Outlines and what they enclose, without DICOM."""

import numpy as np
import pytest
from scipy.ndimage import label

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


@pytest.mark.parametrize("seed", range(4))
def test_a_contour_with_keyholes_meets_itself_but_never_crosses(seed):
    """Both sides of a keyhole lie on each other; drawn a little inward, no two edges of a contour have a point in common."""
    for ring in outlines(noise(seed, share=0.75, shape=(22, 22))):
        assert not _crossings(ring).any()
        assert not _crossings(_inward(ring, 1e-3)).any()


def test_thousands_of_holes_hang_on_one_contour():
    """As a noisy mask has them; each is joined by a single line, of which both sides are walked."""
    plane = np.zeros((512, 512), bool)
    plane[10:500, 10:500] = np.random.default_rng(7).random((490, 490)) > 0.014
    holes = label(~plane, np.ones((3, 3)))[1] - 1
    assert holes > 3000
    (ring,) = outlines(plane)
    np.testing.assert_array_equal(filled([ring], plane.shape), plane)
    assert len(ring) - len(np.unique(ring, axis=0)) == 2 * holes


def _inward(ring, width):
    """The ring moved towards the pixels that it encloses."""
    along = np.roll(ring, -1, axis=0) - ring
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    return ring + width * (normals + np.roll(normals, 1, axis=0))


def _crossings(ring) -> np.ndarray:
    """bool [n, n]: which edges cross which at a point inside both."""
    start, end = ring, np.roll(ring, -1, axis=0)
    starts, ends = _sides(start, end, start), _sides(start, end, end)
    return (starts * ends < 0) & (starts * ends < 0).T


def _sides(start, end, points) -> np.ndarray:
    """-1, 0 or 1 [edge, point]: on which side of each edge each point lies."""
    along, away = (end - start)[:, None], points[None] - start[:, None]
    return np.sign(np.round(along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0], 9))


def test_a_contour_inside_another_is_a_hole_and_one_given_twice_counts_once():
    square = np.array([[1.5, 1.5], [1.5, 9.5], [9.5, 9.5], [9.5, 1.5]])
    inner = np.array([[3.5, 3.5], [3.5, 5.5], [5.5, 5.5], [5.5, 3.5]])
    assert filled([square, inner], (12, 12)).sum() == 8 * 8 - 2 * 2
    assert filled([square, square], (12, 12)).sum() == 8 * 8


def test_what_reaches_beyond_the_image_is_cut_off():
    square = np.array([[-5.0, -5.0], [-5.0, 3.5], [3.5, 3.5], [3.5, -5.0]])
    assert filled([square], (10, 10)).sum() == 4 * 4
