"""What the service keeps of scans and of what is marked on them."""

import numpy as np

from mrifoundation import Scan
from mrifoundation.server.marked_regions import MarkedRegion, MarkedRegions, MaskGeometry
from mrifoundation.server.volumes import Volumes


def test_a_scan_with_a_negative_zero_is_held_when_it_leaves_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    voxels = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    voxels[0, 0, 0] = -0.0
    volumes = Volumes()
    scan_id = volumes.add(Scan(voxels, np.eye(4), "one"))
    volumes.shrink()
    assert np.array_equal(volumes.get(scan_id).voxels, voxels)


def test_the_oldest_regions_go_when_all_of_them_grow_too_large():
    geometry = MaskGeometry(start=[0, 0, 0], shape=[8, 8, 8], full_shape=[8, 8, 8])
    regions = MarkedRegions(most_bytes=200)
    names = [regions.add(MarkedRegion("v", geometry, bytes(64))) for _ in range(5)]
    assert [regions.get(name) is not None for name in names] == [False, False, True, True, True]
    large = regions.add(MarkedRegion("v", geometry, bytes(1000)))
    assert regions.get(large) is not None, "what was sent last can be asked for"
