"""A purge finds the contours of a scan whatever became of their journals."""

import numpy as np
import pytest

from mrifoundation import Scan
from mrifoundation.engine.folders import cache_folder
from mrifoundation.tasks.forget_kept import forget_kept
from mrifoundation.tasks.refine import Contours


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    return cache_folder("contours")


def test_contours_go_with_what_was_set_aside_and_where_their_beginning_is_damaged(folder):
    mine, other = (Scan(np.full((8, 8, 8), value, np.float32), np.eye(4)) for value in (1, 2))
    contours = Contours(folder)
    opened = [contours.open(scan, scan.voxels > 0) for scan in (mine, mine, mine, other)]
    paths = [folder / f"{contour.about.id}.journal" for contour in opened]
    contours.edit(opened[0], np.zeros(mine.shape, bool))
    paths[0].with_suffix(".damaged").write_bytes(b"a step that was cut off")
    content = bytearray(paths[1].read_bytes())
    content[-1] ^= 1
    paths[1].write_bytes(bytes(content))
    paths[2].write_bytes(paths[2].read_bytes()[:-4])  # the service was killed while it opened this one
    assert forget_kept({mine.content_hash}).contours == 3
    assert list(folder.iterdir()) == paths[3:]
    assert Contours(folder).get(opened[3].about.id).mask.all()
