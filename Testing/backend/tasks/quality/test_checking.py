"""What is told of contours: where borders are doubtful, and what is unusual."""

import numpy as np
import pytest

from mrifoundation import Engine, read_scan
from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.measure.volumes import Asymmetry
from mrifoundation.tasks.quality import check
from mrifoundation.tasks.quality.border_doubt import border_mm, doubts, look_first, review_axis
from mrifoundation.tasks.quality.flags import asymmetry_flags, asymmetry_of, shape_flags

VOCABULARY = Vocabulary.load()


def cylinder(radius=10.0, shape=(40, 40, 12)):
    """A cylinder along the last axis, from slice 1 on, with the chances of a border that is wider in slice 6."""
    away = np.linalg.norm((np.indices(shape[:2]).transpose(1, 2, 0) - 20), axis=-1)
    width = np.where(np.arange(shape[2]) == 6, 2.0, 0.5)
    chances = 1 / (1 + np.exp((away[:, :, None] - radius) / width))
    mask = np.repeat((away <= radius)[:, :, None], shape[2], axis=2)
    mask[:, :, 0] = False
    return mask, chances.astype(np.float32)


def test_the_slice_with_the_widest_border_comes_first_and_its_width_is_in_mm():
    mask, chances = cylinder()
    for scale in (1.0, 0.5):
        slices = doubts(mask, chances, np.diag([scale, scale, 5.0, 1.0]), axis=2)
        assert [one.index for one in slices] == list(range(1, 12))
        first = look_first(slices)
        assert first[0].index == 6 and first[0].center_ras_mm == pytest.approx((20 * scale, 20 * scale, 30))
        # The area under min(p, 1 - p) of a logistic border is 2 ln 2 of its width.
        assert first[0].doubt_mm == pytest.approx(2 * np.log(2) * 2.0 * scale, rel=0.1)


def test_neighbours_of_a_named_slice_are_not_named():
    mask, chances = cylinder()
    indices = [one.index for one in look_first(doubts(mask, chances, np.eye(4), axis=2))]
    assert len(indices) == 5 and np.diff(sorted(indices)).min() > 1


def test_the_length_of_a_border():
    disc = np.linalg.norm(np.indices((101, 101)).transpose(1, 2, 0) - 50, axis=-1) <= 40
    assert border_mm(disc, np.ones(2)) == pytest.approx(2 * np.pi * 40, rel=0.03)
    assert border_mm(disc[::2], np.array([2.0, 1.0])) == pytest.approx(2 * np.pi * 40, rel=0.03)


@pytest.mark.parametrize(
    ("affine", "axis"),
    [
        (np.diag([1.0, 1, 1, 1]), 2),
        (np.diag([5.0, 1, 1, 1]), 0),
        (np.array([[0, 0, 1.0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]), 1),
    ],
)
def test_slices_are_counted_across_thick_ones_else_from_feet_to_head(affine, axis):
    assert review_axis(affine) == axis


def test_pieces_cavities_and_the_edge_of_the_volume_are_told():
    mask = np.zeros((20, 20, 20), bool)
    mask[5:12, 5:12, 5:12] = True
    assert shape_flags(mask, VOCABULARY["liver"]) == []
    mask[8, 8, 8] = False
    mask[0, 0, 0] = True
    told = " ".join(shape_flags(mask, VOCABULARY["liver"]))
    assert "2 pieces" in told and "cavities of 1 voxels" in told and "edge of the volume" in told
    assert "pieces" not in " ".join(shape_flags(mask, None))


def test_sides_are_compared_where_both_are_there():
    left = VOCABULARY["left hippocampus"]
    assert asymmetry_of(left, {"left hippocampus": 3.0}) is None
    pair = asymmetry_of(left, {"left hippocampus": 3.0, "right hippocampus": 2.0})
    assert pair == Asymmetry("hippocampus", 3.0, 2.0) and "differ by 40 %" in asymmetry_flags(pair)[0]
    assert asymmetry_flags(Asymmetry("hippocampus", 3.0, 2.9)) == []


def test_known_unknown_and_empty_contours(tiny_weights, head_file):
    engine = Engine.load(tiny_weights, device="cpu")
    scan = read_scan(head_file)
    encoding = engine.encode(scan, "fast")
    result = engine.segment(encoding, ["liver"])
    mask = result.labels == 1
    assert mask.any()
    contours = {"liver": mask, "my own thing": mask, "spleen": np.zeros_like(mask)}
    known, unknown, empty = check(engine, encoding, contours)
    assert (
        known.doubt_mm > 0 and known.first and known.volume_ml == pytest.approx(result.table[0]["volume_ml"], abs=1e-3)
    )
    for one in known.first:
        assert mask.take(one.index, known.axis).any()
    assert any("was not measured" in flag for flag in known.flags)
    assert unknown.doubt_mm is None and not unknown.first and any("do not know it" in flag for flag in unknown.flags)
    assert empty.flags == ("It is empty.",) and empty.volume_ml == 0
