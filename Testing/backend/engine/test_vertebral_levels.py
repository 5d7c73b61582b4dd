"""Vertebrae are named by counting up from the sacrum, whether or not their bodies touch."""

import numpy as np
import pytest

from mrifoundation.engine.vertebral_levels import BODY, SACRUM, Vertebrae, levels

SPACING = np.array([2.0, 2.0, 2.0])


@pytest.fixture
def spine():
    """Four bodies of 24 mm in height above a sacrum, 2 mm voxels; behind each a spinous process that hangs 12 mm lower."""
    masks = {name: np.zeros((24, 40, 90), bool) for name in (BODY, SACRUM, "spinous process")}
    masks[SACRUM][4:20, 16:32, 2:12] = True
    for level in range(4):
        low = 15 + 16 * level
        masks[BODY][4:20, 16:32, low : low + 12] = True
        masks["spinous process"][11:13, 4:12, low - 3 : low + 3] = True
    return masks


def heights(vertebrae):
    return {name: np.argwhere(mask).mean(0)[2] for name, mask in vertebrae.items()}


def test_the_lowest_is_the_fifth_and_each_keeps_the_process_behind_it(spine):
    found = levels(spine, SPACING)
    assert list(found) == ["L5 vertebra", "L4 vertebra", "L3 vertebra", "L2 vertebra"]
    assert sum(mask.astype(int) for mask in found.values()).max() == 1
    for level, mask in enumerate(found.values()):
        assert mask[4:20, 16:32, 15 + 16 * level : 27 + 16 * level].all() and mask[11:13, 4:12, 12 + 16 * level].all()


def test_bodies_that_touch_are_still_counted_one_by_one(spine):
    parted = heights(levels(spine, SPACING))
    spine[BODY][10:13, 22:26, 27:63] = True  # as where a flat disc was taken for bone
    joined = heights(levels(spine, SPACING))
    assert list(joined) == list(parted)
    assert all(abs(joined[name] - parted[name]) < 2 for name in parted)


def test_crumbs_and_what_lies_below_the_sacrum_are_no_vertebrae(spine):
    spine[BODY][0:2, 0:2, 85:88] = True
    spine[BODY][4:20, 2:12, 0:6] = True
    assert list(levels(spine, SPACING)) == ["L5 vertebra", "L4 vertebra", "L3 vertebra", "L2 vertebra"]


def test_above_a_body_that_was_missed_nothing_is_counted(spine):
    spine[BODY][:, :, 45:60] = False
    assert list(levels(spine, SPACING)) == ["L5 vertebra", "L4 vertebra"]


@pytest.mark.parametrize("missing", [BODY, SACRUM])
def test_without_sacrum_or_bodies_there_is_nothing_to_count(spine, missing):
    assert levels(spine | {missing: np.zeros_like(spine[BODY])}, SPACING) == {}
    assert levels({name: mask for name, mask in spine.items() if name != missing}, SPACING) == {}


def test_several_levels_together_are_told_apart_and_one_that_is_not_there_is_not(spine):
    found = Vertebrae(np.ones(spine[BODY].shape, np.float32), 0.9, levels(spine, SPACING))
    logits, presence, share = found.of(("L5 vertebra", "L4 vertebra", "T12 vertebra"))
    assert presence.tolist() == [0.9, 0.9, 0.0] and share.tolist() == [0.5, 0.5, 0.0]
    assert (logits > 0).sum() == 2 * found.masks["L5 vertebra"].sum() and logits.min() < 0
