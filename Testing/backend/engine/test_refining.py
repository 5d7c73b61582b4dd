"""Correcting a segmentation by marks through the engine."""

import numpy as np
import pytest

from mrifoundation import Engine, InputError, Scan
from mrifoundation.engine.refinement import Mark

LARGE, SMALL = (14, 24, 24), (48, 24, 24)
SHAPE = (64, 48, 48)


def ball(middle, radius):
    return np.linalg.norm(np.indices(SHAPE).transpose(1, 2, 3, 0) - middle, axis=-1) <= radius


def overlap(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def at(voxel, positive=True):
    return {"kind": "point", "points": [list(map(float, voxel))], "positive": positive, "space": "index"}


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights, "cpu")


@pytest.fixture(scope="module")
def scan():
    """Two bright balls of 9 and 7 mm in a noisy ground, 1.5 mm voxels, the first axis flipped."""
    voxels = np.random.default_rng(2).normal(100, 8, SHAPE)
    voxels[ball(LARGE, 9) | ball(SMALL, 7)] += 150
    affine = np.diag([-1.5, 1.5, 1.5, 1.0])
    affine[:3, 3] = (48, -36, -36)
    return Scan(voxels.astype(np.float32), affine)


@pytest.fixture(scope="module")
def encoding(engine, scan):
    return engine.encode(scan, "fast")


def test_one_click_draws_the_ball_and_nothing_of_the_other(engine, encoding, scan):
    millimetres = scan.affine[:3, :3] @ np.array(LARGE) + scan.affine[:3, 3]
    result = engine.refine(encoding, None, [Mark("point", (tuple(millimetres),))])
    assert overlap(result.labels == 1, ball(LARGE, 9)) > 0.93
    assert not (result.labels[32:] > 0).any()
    np.testing.assert_allclose(result.table[0]["center_ras_mm"], millimetres, atol=1.0)


def test_a_negative_click_takes_the_leak_away_and_leaves_what_is_far(engine, encoding):
    drawn = ball(LARGE, 9) | ball(SMALL, 7)
    drawn[23:30, 20:29, 20:29] = True  # a leak beside the large ball
    result = engine.refine(encoding, drawn, [at((26, 24, 24), False)])
    assert result.labels[26, 24, 24] == 0
    assert overlap(result.labels == 1, ball(LARGE, 9) | ball(SMALL, 7)) > overlap(
        drawn, ball(LARGE, 9) | ball(SMALL, 7)
    )
    np.testing.assert_array_equal(result.labels[44:] == 1, drawn[44:])


def test_a_second_structure_is_added_by_a_click_on_it(engine, encoding):
    result = engine.refine(encoding, ball(LARGE, 9), [at(SMALL)])
    assert overlap(result.labels == 1, ball(LARGE, 9) | ball(SMALL, 7)) > 0.9


def test_every_mark_of_a_long_series_holds_unless_a_later_one_says_otherwise(engine, encoding):
    random = np.random.default_rng(0)
    marks = [at(random.integers(8, 40, 3), bool(n % 2)) for n in range(8)]
    result = engine.refine(encoding, None, marks)
    last = {tuple(int(v) for v in mark["points"][0]): mark["positive"] for mark in marks}
    assert all((result.labels[voxel] == 1) == positive for voxel, positive in last.items())


def test_the_same_marks_give_the_same_contour(engine, encoding):
    marks = [at(LARGE), at((22, 30, 24), False)]
    first, second = (engine.refine(encoding, None, marks) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)


def test_a_scribble_draws_and_a_lasso_and_a_negative_box_are_exact(engine, encoding):
    line = {"kind": "scribble", "points": [[10, 24, 24], [18, 24, 24]], "space": "index"}
    assert overlap(engine.refine(encoding, None, [line]).labels == 1, ball(LARGE, 9)) > 0.9
    outline = {"kind": "lasso", "points": [[10, 10, 20], [10, 20, 20], [20, 20, 20], [20, 10, 20]], "space": "index"}
    lassoed = engine.refine(encoding, None, [outline]).labels
    assert 81 <= lassoed.sum() <= 121 and lassoed[:, :, 20].sum() == lassoed.sum()
    box = {"kind": "box", "points": [[0, 0, 0], [31, 47, 47]], "positive": False, "space": "index"}
    emptied = engine.refine(encoding, ball(LARGE, 9) | ball(SMALL, 7), [box]).labels
    np.testing.assert_array_equal(emptied == 1, ball(SMALL, 7))


def test_a_box_around_a_structure_draws_it(engine, encoding):
    box = {"kind": "box", "points": [[3, 12, 12], [26, 35, 36]], "space": "index"}
    assert overlap(engine.refine(encoding, None, [box]).labels == 1, ball(LARGE, 9)) > 0.9


def test_the_other_segments_of_an_answer_stay(engine, encoding):
    answer = engine.segment(encoding, ["liver", "spleen"])
    result = engine.refine(encoding, answer, [at(LARGE)], value=2)
    assert result.labels[LARGE] == 2 and [row["name"] for row in result.table] == ["liver", "spleen"]
    untouched = (answer.labels == 1) & (result.labels != 2)
    np.testing.assert_array_equal(result.labels == 1, untouched)
    for row in result.table:
        volume = np.count_nonzero(result.labels == row["value"]) * encoding.voxel_ml
        assert row["volume_ml"] == pytest.approx(volume, abs=1e-3)


def test_what_is_no_mark_is_said(engine, encoding):
    for mark, says in (
        ({"points": [[900, 0, 0]]}, "lies outside the volume"),
        ({"kind": "wish", "points": [[0, 0, 0]]}, "no mark of the kind"),
        ({"positive": True}, "cannot be read"),
        ("here", "cannot be read"),
        ({"points": [[0, 0, 0]], "radius_mm": -1}, "radius"),
    ):
        with pytest.raises(InputError, match=says):
            engine.refine(encoding, None, [mark])
    with pytest.raises(InputError, match="on the scan's grid"):
        engine.refine(encoding, np.zeros((2, 2, 2), bool), [at(LARGE)])


def test_a_scan_that_nobody_holds_must_be_given_again(engine):
    made = Scan(np.random.default_rng(9).normal(100, 9, (32, 32, 32)).astype(np.float32), np.eye(4))
    encoding, voxels = engine.encode(made, "fast"), made.voxels
    del made
    with pytest.raises(InputError, match="give it again as scan="):
        engine.refine(encoding, None, [at((16, 16, 16))])
    assert engine.refine(encoding, None, [at((16, 16, 16))], scan=Scan(voxels, np.eye(4))).labels[16, 16, 16] == 1


def test_what_a_box_was_drawn_around_is_not_filled_by_later_marks(engine, encoding):
    box = {"kind": "box", "points": [[3, 12, 12], [26, 35, 36]], "space": "index"}
    result = engine.refine(encoding, None, [box, at((14, 24, 35), False)])
    assert result.labels[4, 13, 13] == 0 and overlap(result.labels == 1, ball(LARGE, 9)) > 0.9


def test_a_click_on_what_is_right_already_changes_nothing_then_and_hardly_anything_later(engine, encoding):
    agreeing = [at(LARGE), at((40, 10, 10), False)]
    np.testing.assert_array_equal(engine.refine(encoding, ball(LARGE, 9), agreeing).labels == 1, ball(LARGE, 9))
    alone = engine.refine(encoding, ball(LARGE, 9), [at((19, 28, 24), False)])
    confirmed = engine.refine(encoding, ball(LARGE, 9), [*agreeing, at((19, 28, 24), False)])
    assert overlap(alone.labels == 1, confirmed.labels == 1) > 0.95
