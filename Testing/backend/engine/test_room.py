"""How much may be kept is a setting of whoever runs the service."""

import numpy as np
import pytest

from mrifoundation.engine.room import cache_limit, memory_limit
from mrifoundation.errors import InputError
from mrifoundation.server.volumes import Volumes
from mrifoundation.volume import Scan


@pytest.mark.parametrize(
    ("name", "limit"), [("MRIFOUNDATION_CACHE_GB", cache_limit), ("MRIFOUNDATION_MEMORY_GB", lambda: memory_limit(0.5))]
)
@pytest.mark.parametrize("text", ["much", "inf", "nan", ""])
def test_what_is_no_number_of_gigabytes_is_refused_by_name(name, limit, text, monkeypatch):
    monkeypatch.setenv(name, text)
    with pytest.raises(InputError, match=f"{name} is '{text}'; give a number of gigabytes"):
        limit()


def test_scans_take_half_of_the_memory_that_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    scans = [Scan(np.full((50, 50, 50), value, np.float32), np.eye(4)) for value in range(4)]  # half a megabyte each
    monkeypatch.setenv("MRIFOUNDATION_MEMORY_GB", "0.0022")  # room for two
    volumes = Volumes()
    for scan in scans:
        volumes.add(scan)
    assert len(volumes._memory) == 2
    assert all(volumes.get(scan.content_hash) is not None for scan in scans), "the others lie on disk"
