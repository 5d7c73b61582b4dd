"""Each kind of damage does what it says by the amount it says, and scan and labels stay together."""

import json

import numpy as np
import pytest

from mrifoundation.volume import Scan
from mrifoundation_training.evaluation import spoiling
from mrifoundation_training.evaluation.robustness import evaluate

RNG = np.random.default_rng


@pytest.fixture
def scan():
    """A bright block in a dim body; 2 × 2 × 1 mm, and its labels."""
    voxels = np.full((20, 24, 31), 100.0, np.float32)
    labels = np.zeros(voxels.shape, np.int32)
    labels[5:12, 6:14, 8:20] = 3
    voxels[labels == 3] = 400.0
    return Scan(voxels, np.diag([2.0, 2.0, 1.0, 1.0])), labels


def world_centre(mask, affine):
    return affine[:3, :3] @ np.argwhere(mask).mean(0) + affine[:3, 3]


def test_thick_slices_lie_where_the_thin_ones_were_and_come_back_to_them(scan):
    worse = spoiling.thick_slices(*_one_mm(*scan), 4.0, RNG(0))
    assert worse.scan.spacing.tolist() == [1, 1, 4] and worse.reference.shape[2] == 28
    bright = worse.scan.voxels > 250
    assert np.allclose(world_centre(bright, worse.scan.affine), world_centre(worse.reference == 3, np.eye(4)), atol=0.5)
    back = worse.onto_reference(bright.astype(np.uint8)) > 0
    overlap = 2 * (back & (worse.reference == 3)).sum() / (back.sum() + (worse.reference == 3).sum())
    assert overlap > 0.95


def test_slices_are_taken_across_the_largest_spacing(scan):
    scan, labels = scan
    across_first = Scan(scan.voxels, np.diag([3.0, 1.0, 1.0, 1.0]))
    assert spoiling.thick_slices(across_first, labels, 6.0, RNG(0)).scan.shape == (10, 24, 31)


def _one_mm(scan, labels):
    return Scan(scan.voxels, np.eye(4)), labels


def test_noise_and_bias_have_the_size_they_are_said_to_have(scan):
    scan, labels = scan
    noisy = spoiling.noise(scan, labels, 10, RNG(0)).scan.voxels
    assert np.std((noisy - scan.voxels)[labels == 3]) == pytest.approx(30, rel=0.15)
    field = (spoiling.bias(scan, labels, 40, RNG(0)).scan.voxels[labels == 3] - 100) / 300
    everywhere = spoiling.bias(Scan(scan.voxels * 0 + 1, scan.affine, "flat"), labels, 40, RNG(0)).scan.voxels
    assert np.allclose(everywhere, 1), "darkest voxels stay dark"
    assert 0.6 <= field.min() < field.max() <= 1.4


def test_a_cut_field_of_view_keeps_the_middle_in_place(scan):
    scan, labels = scan
    worse = spoiling.cut_field_of_view(scan, labels, 40, RNG(0))
    assert worse.scan.shape == (20, 24, 12) == worse.reference.shape
    assert np.array_equal(worse.scan.voxels > 250, worse.reference == 3)
    first = worse.scan.affine @ [0, 0, 0, 1]
    assert first[2] == pytest.approx(9.0), "mm from the first slice of the whole scan"


def test_missing_slices_are_black_and_not_scored(scan):
    scan, labels = _one_mm(*scan)
    worse = spoiling.missing_slices(scan, labels, 20, RNG(0))
    gone = (worse.reference == -1).all((0, 1))
    assert gone.sum() == 6, "a fifth of 31"
    assert (worse.scan.voxels[..., gone] == 100).all()
    assert np.array_equal(worse.scan.voxels[..., ~gone], scan.voxels[..., ~gone])


@pytest.mark.parametrize("damage", spoiling.DAMAGES, ids=lambda damage: damage.name)
def test_the_first_level_spoils_nothing(damage, scan):
    scan, labels = _one_mm(*scan)
    worse = damage.spoil(scan, labels, damage.levels[0], RNG(0))
    assert np.array_equal(worse.scan.voxels, scan.voxels) and np.array_equal(worse.reference, labels)


def test_curves_are_printed_kept_and_drawn(small_data, tiny_weights, tmp_path, capsys, own_folders):
    code = evaluate(
        small_data, profile="fast", output=tmp_path / "curves.json", plot=tmp_path / "curves.png", weights=tiny_weights
    )
    assert code == 0
    assert "slice thickness" in capsys.readouterr().out
    curves = json.loads((tmp_path / "curves.json").read_text())["curves"]["bodies"]
    assert [point["level"] for point in curves["noise"]] == [0, 3, 6, 10, 15]
    assert all(0 <= point["dice"] <= 1 for point in curves["bias field"])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
