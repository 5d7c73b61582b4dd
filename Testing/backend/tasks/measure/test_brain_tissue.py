"""The brain's share of the intracranial space, on heads whose share is known."""

import numpy as np
import pytest

from mrifoundation import InputError, Scan
from mrifoundation.tasks.measure.brain_tissue import brain_share, stripped_mask, tissue_brightness


@pytest.fixture
def a_stripped_brain():
    """Fluid 100 around grey 300 around white 500, a ventricle inside, nothing outside; noise, 1.5 mm voxels. Gives scan and masks."""
    random = np.random.default_rng(0)
    i, j, k = np.meshgrid(*(np.linspace(-1.15, 1.15, 72),) * 3, indexing="ij")
    radius = np.sqrt(i**2 + j**2 + k**2)
    space, brain, white, ventricle = (radius < r for r in (1.0, 0.93, 0.75, 0.2))
    voxels = np.select([ventricle, white, brain, space], [100.0, 500.0, 300.0, 100.0])
    voxels = np.where(space, voxels + random.normal(0, 15, voxels.shape), 0).astype(np.float32)
    masks = {"fluid": ventricle, "grey": brain & ~white, "white": white & ~ventricle, "space": space}
    return Scan(voxels, np.diag([1.5, 1.5, 1.5, 1.0])), masks


def test_the_share_is_that_of_the_drawn_brain(a_stripped_brain):
    scan, masks = a_stripped_brain
    mask = stripped_mask(scan)
    assert np.array_equal(mask, masks["space"])
    found = brain_share(scan, mask, tissue_brightness(scan, masks["space"], masks["grey"], masks["white"]))
    truth = (masks["grey"].sum() + masks["white"].sum()) / masks["space"].sum()
    assert found.nwbv == pytest.approx(truth, abs=0.03)
    assert found.complete
    assert found.intracranial_ml == pytest.approx(masks["space"].sum() * 1.5**3 / 1000)


def test_a_brain_that_has_lost_tissue_has_a_smaller_share(a_stripped_brain):
    scan, masks = a_stripped_brain
    brightness = tissue_brightness(scan, masks["space"], masks["grey"], masks["white"])
    shrunk = scan.voxels.copy()
    shrunk[np.roll(masks["fluid"], 12, axis=0) & masks["white"]] = 100
    whole, less = (brain_share(Scan(v, scan.affine), masks["space"], brightness).nwbv for v in (scan.voxels, shrunk))
    assert less < whole - 0.004


def test_a_cropped_brain_is_not_complete(a_stripped_brain):
    scan, masks = a_stripped_brain
    half = slice(None, 36)
    brightness = tissue_brightness(scan, masks["space"], masks["grey"], masks["white"])
    assert not brain_share(Scan(scan.voxels[half], scan.affine), masks["space"][half], brightness).complete


def test_a_scan_whose_fluid_is_bright_is_refused(a_stripped_brain):
    scan, masks = a_stripped_brain
    t2 = Scan(np.where(masks["space"], 700 - scan.voxels, 0), scan.affine)
    with pytest.raises(InputError, match="T1-weighted"):
        tissue_brightness(t2, masks["space"], masks["grey"], masks["white"])


def test_a_whole_head_is_not_taken_for_a_stripped_one(head_voxels):
    assert stripped_mask(Scan(head_voxels.astype(np.float32), np.eye(4))) is None
