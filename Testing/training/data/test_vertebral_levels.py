"""Maps of vertebral parts: names put right, and whole vertebrae counted up from the sacrum."""

from importlib.resources import files

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.data.vertebral_levels import with_levels
from mrifoundation_training.data.volumes import CaseVolume, load_case, renamed
from mrifoundation_training.recipe import read_recipe

SMALL = files("mrifoundation_training") / "configs" / "small.yaml"
NAMES = ("", "sacrum", "vertebral body", "spinous process", "left inferior articular process", "intervertebral disc")


@pytest.fixture
def lumbar():
    """Three vertebrae of 20 mm above a sacrum, 2 mm voxels, each with a spinous process behind it that hangs down, and discs between."""
    labels = np.zeros((20, 40, 60), np.uint8)
    labels[6:14, 20:32, 2:10] = 1
    for level in range(3):
        low = 12 + 13 * level
        labels[6:14, 20:32, low : low + 10] = 2
        labels[9:11, 8:16, low - 4 : low + 2] = 3
        labels[4:6, 14:17, low - 6 : low - 2] = 4
        labels[6:14, 20:32, low - 2 : low] = 5
    case = Case("spine", "spine", "mine", "lumbar-spine", None, None, dict(enumerate(NAMES[1:], 1)))
    return CaseVolume(case, labels, NAMES, None, np.array([2.0, 2.0, 2.0]))


def test_vertebrae_are_counted_from_the_sacrum_up_with_what_hangs_behind_them(lumbar):
    told = with_levels(lumbar)
    assert told.names == ("", "sacrum", "intervertebral disc", "L5 vertebra", "L4 vertebra", "L3 vertebra")
    assert set(told.case.table.values()) == set(told.names[1:])
    for level, name in enumerate(told.names[3:]):
        low, seen = 12 + 13 * level, told.labels == told.names.index(name)
        assert seen[6:14, 20:32, low : low + 10].all() and seen[9:11, 8:16, low - 4 : low + 2].all()
        assert seen[4:6, 14:17, low - 6 : low - 2].all()
        assert seen.sum() == sum((lumbar.labels == part).sum() for part in (2, 3, 4)) / 3
    assert ((told.labels > 0) == (lumbar.labels > 0)).all()


def test_levels_are_not_guessed_without_a_sacrum(lumbar):
    with pytest.raises(InputError, match="no sacrum"):
        with_levels(renamed(lumbar, {"sacrum": "hip bone"}))


def test_structures_of_a_table_can_be_called_by_their_right_name(lumbar):
    put_right = renamed(lumbar, {"sacrum": "vertebral body", "vertebral body": "sacrum"})
    assert put_right.names[1:3] == ("vertebral body", "sacrum") and put_right.labels is lumbar.labels
    assert put_right.case.table[1] == "vertebral body"
    assert renamed(lumbar, {}) is lumbar


def test_the_canal_of_the_real_spine_holds_its_cord(data_pack):
    [case] = [c for c in read_manifest(data_pack / "volumes.csv") if c.source == "panoptica"]
    spine = renamed(load_case(case), read_recipe(SMALL).sources["panoptica"].rename)
    told = with_levels(spine)
    assert told.names[-7:] == tuple(f"{n} vertebra" for n in ("L5", "L4", "L3", "L2", "L1", "T12", "T11"))
    cord, canal = (spine.labels == spine.names.index(n) for n in ("spinal cord", "spinal canal"))
    heights = np.flatnonzero(cord.any((0, 1)))
    assert np.mean([(canal[:, :, z].sum() > cord[:, :, z].sum()) for z in heights]) > 0.95
