"""What is kept of scans on disk: closed to others, forgotten when it is old or when its patient is."""

import os
import time

import numpy as np
import pytest

from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.kept_scans import Unused, forget_scans, keep_days
from mrifoundation.errors import InputError

ONE, OTHER = "1" * 64, "2" * 64
ARRAYS = {"voxels": np.ones((4, 4), np.int16)}


@pytest.fixture
def caches(tmp_path, monkeypatch):
    """Two uploads, two encodings of the first and one of the second."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "somewhere" / "cache"))
    uploads, encodings = DiskCache(cache_folder("volumes"), 10**6), DiskCache(cache_folder("encodings"), 10**6)
    for scan in (ONE, OTHER):
        uploads.write(scan, ARRAYS, {"name": "scan"})
    for key, scan in (("a", ONE), ("b", ONE), ("c", OTHER)):
        encodings.write(key, ARRAYS, {"scan_hash": scan})
    return uploads, encodings


def held(cache) -> set[str]:
    return {path.stem for path in cache.folder.iterdir()}


def age(cache, key, days):
    os.utime(cache.folder / f"{key}.safetensors", (time.time() - days * 86400,) * 2)


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_folders_are_open_to_their_owner_only_also_when_they_were_there(caches, tmp_path):
    uploads, _ = caches
    for folder in (uploads.folder, uploads.folder.parent, uploads.folder.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in uploads.folder.iterdir()} == {0}
    uploads.folder.chmod(0o755)
    assert cache_folder("volumes").stat().st_mode & 0o777 == 0o700


def test_a_scan_is_forgotten_with_all_its_encodings(caches):
    uploads, encodings = caches
    assert forget_scans([ONE]) == (1, 2)
    assert held(uploads) == {OTHER} and held(encodings) == {"c"}
    assert forget_scans([ONE]) == (0, 0)


def test_what_was_not_used_for_long_is_forgotten(caches):
    uploads, encodings = caches
    age(uploads, ONE, 31)
    age(uploads, OTHER, 29)
    age(encodings, "c", 31)
    assert Unused(30).forget() == ([ONE], 1)
    assert held(uploads) == {OTHER} and held(encodings) == {"a", "b"}


def test_reading_is_use(caches):
    uploads, _ = caches
    age(uploads, ONE, 31)
    uploads.read(ONE)
    assert Unused(30).forget() == ([], 0)


DAY = 86400


class Clocks:
    """The one on the wall, which may be set, and the computer's own, which goes on. set, gone: seconds."""

    set, gone = 0.0, 0.0

    def time(self):
        return time.time() + self.set + self.gone

    def monotonic(self):
        return time.monotonic() + self.gone


@pytest.fixture
def clocks(monkeypatch):
    clocks = Clocks()
    monkeypatch.setattr("mrifoundation.engine.ages.time", clocks)
    return clocks


@pytest.mark.parametrize("days", [40, -40])
def test_a_clock_that_is_set_makes_nothing_old_or_young(caches, clocks, days):
    uploads, _ = caches
    age(uploads, ONE, 20)
    unused = Unused(30)
    assert unused.forget() == ([], 0)
    clocks.set = days * DAY
    assert unused.forget() == ([], 0)
    clocks.gone = 11 * DAY
    assert unused.forget() == ([ONE], 0)  # the others were written today
    clocks.gone = 31 * DAY
    assert unused.forget() == ([OTHER], 3)


def test_what_is_used_after_the_clock_was_set_is_young(caches, clocks):
    uploads, _ = caches
    age(uploads, ONE, 20)
    unused = Unused(30)
    unused.forget()
    clocks.set, clocks.gone = 40 * DAY, 9 * DAY
    unused.forget()
    uploads.read(ONE)
    clocks.gone = 11 * DAY
    assert ONE not in unused.forget()[0]


def test_a_stamp_of_the_future_is_of_now_from_its_first_sight_on(caches):
    uploads, _ = caches
    age(uploads, ONE, -400)
    assert Unused(30).forget() == ([], 0)
    assert (uploads.folder / f"{ONE}.safetensors").stat().st_mtime <= time.time()


def test_a_file_that_cannot_be_read_is_no_hindrance(caches):
    _, encodings = caches
    (encodings.folder / "damaged.safetensors").write_bytes(b"nothing")
    assert forget_scans([ONE]) == (1, 2)


@pytest.mark.parametrize(("text", "days"), [("", None), ("30", 30.0), ("0.5", 0.5)])
def test_the_setting_is_read(monkeypatch, text, days):
    monkeypatch.setenv("MRIFOUNDATION_KEEP_DAYS", text)
    assert keep_days() == days


@pytest.mark.parametrize("text", ["0", "-3", "for ever", "nan", "inf"])
def test_a_setting_that_is_no_number_of_days_is_refused(monkeypatch, text):
    monkeypatch.setenv("MRIFOUNDATION_KEEP_DAYS", text)
    with pytest.raises(InputError, match="number of days"):
        keep_days()
