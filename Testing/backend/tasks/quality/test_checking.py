"""What is told of contours: where borders are doubtful, and what is unusual."""

import numpy as np
import pytest

from mrifoundation import Engine, read_scan
from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.measure.volumes import Asymmetry
from mrifoundation.tasks.quality import check
from mrifoundation.tasks.quality.border_doubt import border_mm, doubts, look_first, review_axis
from mrifoundation.tasks.quality.breaks import break_flags, breaks
from mrifoundation.tasks.quality.flags import asymmetry_flags, asymmetry_of, shape_flags, volume_flags
from mrifoundation.tasks.quality.usual import usual_asymmetry, usual_volume

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


def tube(radii):
    """Discs one above the other, [40, 40, n]; none where the radius is 0."""
    away = np.linalg.norm(np.indices((40, 40)).transpose(1, 2, 0) - 20, axis=-1)
    return np.stack([(away <= radius) & (radius > 0) for radius in radii], axis=2)


def test_slices_without_a_contour_between_others_are_listed_and_the_ends_are_not():
    radii = [0, 0, *[9] * 6, 0, *[9] * 4, 0, 0, 0, *[9] * 5, 0]
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    longest, single = breaks("liver", tube(radii), True, affine, 2)
    assert (longest.kind, longest.index, longest.slices) == ("gap", 14, 3)
    assert (single.kind, single.index, single.slices) == ("gap", 8, 1)
    assert longest.center_ras_mm == pytest.approx((20, 20, 42))
    assert "4 slices" in break_flags([longest, single])[0]
    assert breaks("lesions", tube(radii), False, affine, 2) == [], "they lie apart by nature"
    assert breaks("spinal canal", tube(radii), False, affine, 2) == [longest, single], (
        "a tube never ends and begins again"
    )
    assert breaks("liver", tube([9] * 8), True, affine, 2) == []


def test_a_tube_that_is_suddenly_wider_is_listed_once_and_its_ends_and_other_organs_are_not():
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    radii = [3, *[6] * 10, 11, *[6] * 10, 2]
    [jump] = breaks("spinal cord", tube(radii), True, affine, 2)
    assert (jump.kind, jump.index) == ("jump", 11) and jump.ratio == pytest.approx(11**2 / 6**2, rel=0.05)
    assert "jumps" in break_flags([jump])[0]
    assert breaks("liver", tube(radii), True, affine, 2) == []
    across = np.diag([1.0, 1.0, 0.5, 1.0])  # it is wider than long, so that these are not sections across it
    assert breaks("spinal cord", tube(radii), True, across, 2) == []


def test_a_volume_that_none_of_enough_people_had_is_told_with_whom_it_was_held_against():
    usual = usual_volume("left hippocampus")
    assert usual.people >= 10 and usual.low < usual.mean < usual.high and usual.licence
    assert volume_flags("left hippocampus", usual.mean, False) == []
    [told] = volume_flags("left hippocampus", 2 * usual.high, True)
    assert f"outside of what {usual.people} {usual.of} had" in told and "people like them are outside too" in told
    assert (
        volume_flags("left hippocampus", usual.low / 2, False)
        and volume_flags("left hippocampus", usual.low / 2, True) == []
    )
    assert volume_flags("left ventricular myocardium", 1e4, False) == [], "no one measured enough people"


def test_sides_are_held_against_those_of_people_where_they_were_measured():
    usual = usual_asymmetry("cerebral cortex")
    assert usual.low < 0 < usual.high < 14
    [told] = asymmetry_flags(Asymmetry("cerebral cortex", 115.0, 100.0))  # 14 %
    assert f"In {usual.people} {usual.of} it was" in told and "worth a look" not in told
    assert asymmetry_flags(Asymmetry("cerebral cortex", 101.0, 100.0)) == []
    [told] = asymmetry_flags(Asymmetry("femur head", 10.0, 8.0))
    assert "worth a look" in told and "In " not in told, "nobody was measured"


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
