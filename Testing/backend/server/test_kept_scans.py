"""What the service keeps of scans and of what is marked on them."""

import numpy as np
import pytest

from mrifoundation import Scan
from mrifoundation.server.marked_regions import MarkedRegion, MarkedRegions, MaskGeometry
from mrifoundation.server.volumes import Volumes

SIDE = 32


def test_a_scan_with_a_negative_zero_is_held_when_it_leaves_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    voxels = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    voxels[0, 0, 0] = -0.0
    volumes = Volumes()
    scan_id = volumes.add(Scan(voxels, np.eye(4), "one"))
    volumes.shrink()
    assert np.array_equal(volumes.get(scan_id).voxels, voxels)


@pytest.fixture
def few_volumes(tmp_path, monkeypatch):
    """Volumes in memory, of which the disk keeps three."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    monkeypatch.setenv("MRIFOUNDATION_CACHE_GB", str(3.5 * SIDE**3 * 2 / 1e9))  # two bytes a voxel
    return Volumes()


def scan(number: int) -> Scan:
    return Scan(np.full((SIDE,) * 3, number, np.float32), np.eye(4), f"scan {number}")


def test_a_scan_in_use_outlives_a_crash_however_many_others_come(few_volumes):
    in_use = few_volumes.add(scan(0))
    for number in range(1, 10):
        few_volumes.add(scan(number))
        assert few_volumes.get(in_use), "from memory, which a crash empties"
    assert in_use in Volumes()


def test_a_scan_that_the_disk_let_go_is_written_again_when_it_is_used(few_volumes):
    unused = few_volumes.add(scan(0))
    for number in range(1, 10):
        few_volumes.add(scan(number))
    assert unused not in Volumes()
    assert few_volumes.get(unused)
    assert few_volumes.trouble is None, "looking for troubles writes what is due"
    assert np.array_equal(Volumes().get(unused).voxels, scan(0).voxels)


def test_the_oldest_regions_go_when_all_of_them_grow_too_large():
    geometry = MaskGeometry(start=[0, 0, 0], shape=[8, 8, 8], full_shape=[8, 8, 8])
    regions = MarkedRegions(most_bytes=200)
    names = [regions.add(MarkedRegion("v", geometry, bytes(64))) for _ in range(5)]
    assert [regions.get(name) is not None for name in names] == [False, False, True, True, True]
    large = regions.add(MarkedRegion("v", geometry, bytes(1000)))
    assert regions.get(large) is not None, "what was sent last can be asked for"
