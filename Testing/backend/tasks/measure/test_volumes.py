"""Volumes, sides and boxes of what was segmented; planes; noise."""

from types import SimpleNamespace

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


KIDNEYS = ("left kidney", "right kidney")


def two_kidneys(spacing, right_at):
    """Measured in a stack of 20 × 20 × 12 voxels: the left kidney in its middle, the right one from this index on."""
    labels = np.zeros((20, 20, 12), np.uint8)
    labels[5:9, 5:15, 4:8] = 1
    i, j, k = right_at
    labels[i : i + 4, j : j + 10, k : k + 4] = 2
    rows = [
        {"name": name, "value": value, "in_view": True, "presence": 0.9, "volume_ml": 1.0, "center_ras_mm": [0, 0, 0]}
        for value, name in enumerate(KIDNEYS, start=1)
    ]
    engine = SimpleNamespace(
        vocabulary=dict.fromkeys(KIDNEYS), knows=lambda structure: True,
        segment=lambda encoding, names, **how: SimpleNamespace(labels=labels, table=rows),
    )  # fmt: skip
    return measure_volumes(engine, SimpleNamespace(affine=np.diag([*spacing, 1.0])), KIDNEYS)


@pytest.mark.parametrize(
    ("spacing", "right_at", "cut", "at_end"),
    [
        ((1.25, 1.25, 7.7), (12, 5, 4), False, False),
        ((1.25, 1.25, 7.7), (12, 5, 8), False, True),
        ((1.25, 1.25, 7.7), (12, 5, 0), False, True),
        ((7.7, 1.25, 1.25), (16, 5, 4), False, True),
        ((1.25, 1.25, 7.7), (16, 5, 4), True, False),
        ((1.25, 1.25, 7.7), (16, 5, 8), True, True),
        ((1.0, 1.0, 1.5), (12, 5, 8), True, False),
    ],
)
def test_every_face_of_a_scan_counts_and_the_ends_of_a_thick_stack_by_their_own_name(spacing, right_at, cut, at_end):
    volumes = two_kidneys(spacing, right_at)
    left, right = (volumes.structures[name] for name in KIDNEYS)
    assert (right.cut, right.at_end) == (cut, at_end) and left.whole
    assert [pair.name for pair in asymmetries(volumes)] == ([] if cut or at_end else ["kidney"])
