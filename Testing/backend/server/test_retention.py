"""What a killed service left behind goes after a day; an upload under way does not, whatever happens to the clock."""

import os
import time

from mrifoundation.engine.ages import Ages
from mrifoundation.server.retention import sweep_temporary

DAY = 86400


def upload(folder, hours_ago):
    """The folder of an upload, and the file in it that was last written to so long ago; the folder was made two days ago."""
    folder.mkdir()
    file = folder / "upload.nii.gz"
    file.write_bytes(b"voxels")
    for path, seconds in ((file, hours_ago * 3600), (folder, 2 * DAY)):
        os.utime(path, (time.time() - seconds,) * 2)
    return file


def test_what_was_left_behind_goes_and_what_is_still_written_stays(tmp_path):
    left, written = upload(tmp_path / "left", 30), upload(tmp_path / "written", 1)
    sweep_temporary(Ages(tmp_path))
    assert not left.parent.exists() and written.exists()


def test_an_upload_under_way_survives_a_clock_that_is_set_forward(tmp_path, monkeypatch):
    ages, written = Ages(tmp_path), upload(tmp_path / "written", 1)
    sweep_temporary(ages)
    late = time.time() + 30 * 3600
    monkeypatch.setattr("mrifoundation.engine.ages.time.time", lambda: late)
    sweep_temporary(ages)
    assert written.exists()
