"""What scans are compared by: volumes and brightness count beside the embedding, whatever structures were found."""

import numpy as np
import pytest

from mrifoundation.library.likeness import LENGTH, brightness_of, likeness
from mrifoundation.volume import Scan

ORGANS = ("liver", "spleen", "left kidney", "right kidney", "pancreas", "stomach", "gallbladder", "duodenum")


@pytest.fixture
def embedding():
    vector = np.random.default_rng(0).normal(size=64)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def scan():
    return scan_of(seed=0)


def scan_of(seed, spacing=2.0, shape=(20, 22, 24)):
    voxels = np.random.default_rng(seed).gamma(2.0, 50.0, shape).astype(np.float32)
    return Scan(voxels, np.diag([spacing, spacing, spacing, 1.0]))


def volumes(seed, spread=0.5):
    return dict(zip(ORGANS, np.exp(np.random.default_rng(seed).normal(4, spread, len(ORGANS))), strict=True))


def test_it_has_unit_length_and_is_the_same_every_time(embedding, scan):
    one, other = (likeness(embedding, scan, volumes(1)) for _ in range(2))
    assert one.shape == (LENGTH,) and one.dtype == np.float32 and np.array_equal(one, other)
    assert float(one @ one) == pytest.approx(1.0, abs=1e-5)


def test_of_scans_alike_in_all_else_those_with_nearer_volumes_are_more_similar(embedding, scan):
    own = volumes(1)
    factors = (1.0, 1.1, 1.5, 2.0, 3.0)
    grown = [likeness(embedding, scan, {name: f * v for name, v in own.items()}) for f in factors]
    similarity = [float(grown[0] @ other) for other in grown]
    assert similarity == sorted(similarity, reverse=True) and similarity[0] == pytest.approx(1.0, abs=1e-5)
    # A quarter of it is anatomy, where a factor counts as the cosine of its logarithm.
    assert similarity[3] == pytest.approx((3 + np.cos(np.log(2))) / 4, abs=0.04)


def test_each_part_counts_a_quarter(embedding, scan):
    base = likeness(embedding, scan, volumes(1))
    assert float(base @ likeness(-embedding, scan, volumes(1))) == pytest.approx(1 / 2, abs=0.15)
    inverted = Scan(-scan.voxels, scan.affine)
    expected = (3 + float(brightness_of(scan) @ brightness_of(inverted))) / 4
    assert float(base @ likeness(embedding, inverted, volumes(1))) == pytest.approx(expected, abs=0.1)
    coarse = scan_of(0, spacing=6.0)
    assert float(base @ likeness(embedding, coarse, volumes(1))) == pytest.approx((3 + np.cos(np.log(3))) / 4, abs=0.1)


def test_the_order_in_which_voxels_are_stored_does_not_count(embedding, scan):
    turned = Scan(np.transpose(scan.voxels, (2, 0, 1)), scan.affine[:, [2, 0, 1, 3]])
    base = likeness(embedding, scan, volumes(1))
    assert float(base @ likeness(embedding, turned, volumes(1))) == pytest.approx(1.0, abs=1e-4)


def test_scans_with_and_without_structures_can_be_compared(embedding, scan):
    without = likeness(embedding, scan, {})
    assert float(without @ likeness(embedding, scan, {"liver": 0.0})) == pytest.approx(1.0, abs=1e-5)
    assert float(without @ likeness(embedding, scan, volumes(1))) == pytest.approx(3 / 4, abs=0.12)


def test_brightness_does_not_depend_on_the_unit_of_a_scan_but_on_its_contrast():
    rng = np.random.default_rng(0)
    voxels = rng.gamma(2.0, 50.0, (20, 20, 20)).astype(np.float32)
    one, scaled, inverted = (brightness_of(Scan(v, np.eye(4))) for v in (voxels, 7 * voxels + 30, -voxels))
    np.testing.assert_allclose(one, scaled, atol=0.02)
    assert float(one @ one) == pytest.approx(1.0) and float(one @ inverted) < 0.9


def test_a_constant_scan_has_a_brightness_too():
    assert np.isfinite(brightness_of(Scan(np.ones((4, 4, 4), np.float32), np.eye(4)))).all()
