"""Signs of a lesion: the mirror of a brain, and what needs no presence of a lesion to be measured."""

import numpy as np
import pytest

from mrifoundation import Engine, InputError, read_scan
from mrifoundation.engine.taught.query_fit import query_logits
from mrifoundation.tasks.measure.lesion_signs import hull_of_slices, lesion_signs
from mrifoundation.tasks.measure.mirror import mirrored


@pytest.fixture(scope="module")
def brain():
    """A ball on a grid of 40³, its halves, and its outline."""
    i, j, k = np.meshgrid(*(np.arange(40.0),) * 3, indexing="ij")
    ball = (i - 20) ** 2 + (j - 19) ** 2 + (k - 19) ** 2 < 15**2
    return ball, (ball & (i < 20)).astype(float), (ball & (i > 20)).astype(float)


def test_a_symmetric_brain_is_its_own_mirror_image(brain):
    ball, left, right = brain
    other, shared = mirrored(ball.astype(np.float32), ball, left, right)
    assert shared.sum() > 0.97 * ball.sum()
    assert np.abs(other - ball)[shared].max() < 0.1


def test_a_spot_on_one_side_stands_against_the_other(brain):
    ball, left, right = brain
    image = ball.astype(np.float32)
    image[10:13, 18:21, 18:21] += 1
    other, _ = mirrored(image, ball, left, right)
    assert other[28:30, 19, 19].max() > 1.8 and other[11, 19, 19] == pytest.approx(1, abs=0.1)


def test_the_mirror_follows_a_tilted_head(brain):
    ball = brain[0]
    i, j, _ = np.meshgrid(*(np.arange(40.0),) * 3, indexing="ij")
    across = (i - 20) + 0.4 * (j - 19)
    image = ball * np.abs(across).astype(np.float32)
    other, shared = mirrored(image, ball, (ball & (across < 0)).astype(float), (ball & (across > 0)).astype(float))
    assert np.abs(other - image)[shared].mean() < 0.5


def test_with_one_side_missing_nothing_is_compared(brain):
    ball, left, right = brain
    assert not mirrored(ball.astype(np.float32), ball, left, right * 0)[1].any()


def test_a_hole_at_the_surface_of_a_brain_is_inside_it_and_what_lies_beside_is_not(brain):
    ball = brain[0]
    eaten = ball.copy()
    eaten[4:16, 12:26, 12:26] = False
    filled = hull_of_slices(eaten)
    assert (filled & ball).sum() > 0.97 * ball.sum() and not (filled & ~ball).any()
    assert not hull_of_slices(np.zeros((5, 5, 5), bool)).any()


def test_a_scan_without_a_brain_is_refused(tiny_weights, head_file):
    """These weights know neither cortex nor white matter."""
    engine, scan = Engine.load(tiny_weights), read_scan(head_file)
    with pytest.raises(InputError, match="brain"):
        lesion_signs(engine, engine.encode(scan, "fast"), scan)


def test_ungated_logits_are_those_of_a_mask_where_nothing_competes(tiny_weights, head_file):
    engine, scan = Engine.load(tiny_weights), read_scan(head_file)
    encoding = engine.encode(scan, "fast")
    presence, logits = engine.ungated(encoding, ["liver", "left cerebral cortex", "spleen"])
    assert logits.shape == (3, *encoding.grid.shape)
    assert presence[1] == 0 and (logits[1] < -20).all(), "what was not learned is nowhere"
    own = query_logits(encoding, engine.own_query("spleen"))
    assert np.allclose(logits[2], own, atol=0.05)
