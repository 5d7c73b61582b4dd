"""Volumes, sides and boxes of what was segmented; planes; noise."""

import numpy as np
import pytest

from mrifoundation import Engine, Scan, read_scan
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.tasks.measure.volumes import Asymmetry, asymmetries, measure_volumes, plane_of


@pytest.fixture(scope="module")
def measured(tiny_weights, head_file):
    engine = Engine.load(tiny_weights)
    scan = read_scan(head_file)
    names = ("liver", "left kidney", "right kidney", "gallbladder")
    return scan, measure_volumes(engine, engine.encode(scan, "fast"), names)


def test_volumes_are_voxels_times_their_size(measured):
    scan, volumes = measured
    assert volumes.structures and "gallbladder" not in volumes
    for name, one in volumes.structures.items():
        assert one.volume_ml == pytest.approx(volumes.mask(name).sum() * scan.voxel_ml, rel=1e-3)
    assert volumes.ml("liver", "gallbladder") == volumes.ml("liver")


def test_a_box_in_mm_holds_its_structure(measured):
    scan, volumes = measured
    for name, one in volumes.structures.items():
        places = np.argwhere(volumes.mask(name)) @ scan.affine[:3, :3].T + scan.affine[:3, 3]
        low, high = map(np.array, one.box_ras_mm)
        assert (places >= low - 1e-3).all() and (places <= high + 1e-3).all()
        assert (low <= np.array(one.center_ras_mm)).all() and (np.array(one.center_ras_mm) <= high).all()


def test_asymmetry_is_the_difference_in_per_cent_of_the_mean():
    assert Asymmetry("hippocampus", 3.0, 2.0).index == pytest.approx(40.0)
    assert Asymmetry("hippocampus", 2.0, 3.0).index == pytest.approx(-40.0)
    assert not Asymmetry("hippocampus", 3.0, 2.9).notable


def test_only_pairs_in_view_are_compared(measured):
    _, volumes = measured
    assert {pair.name for pair in asymmetries(volumes)} <= {"kidney"}


@pytest.mark.parametrize(
    ("spacing", "plane"), [((1, 1, 1), "3D"), ((1, 1, 5), "axial"), ((1, 5, 1), "coronal"), ((5, 1, 1), "sagittal")]
)
def test_the_plane_is_that_of_the_thick_axis(spacing, plane):
    assert plane_of(np.diag([*map(float, spacing), 1.0])) == plane


def test_a_turned_plane_is_oblique():
    a = np.radians(25)
    turned = np.array([[1, 0, 0, 0], [0, np.cos(a), -np.sin(a), 0], [0, np.sin(a), np.cos(a), 0], [0, 0, 0, 1]])
    assert plane_of(turned @ np.diag([1.0, 1.0, 5.0, 1.0])) == "oblique axial"


def test_noise_and_emptiness_are_told_from_a_head(head_voxels):
    random = np.random.default_rng(0)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    assert "noise" in problem_of(Scan(random.normal(size=(40, 40, 40)).astype(np.float32), affine))
    assert "the same everywhere" in problem_of(Scan(np.full((40, 40, 40), 3.0, np.float32), affine))
    assert "mm large" in problem_of(Scan(head_voxels[:4, :4].astype(np.float32), affine))
    assert problem_of(Scan(head_voxels.astype(np.float32), affine)) is None
