"""The cache on a disk that fails: nothing is kept, nobody is bothered, what is damaged is not believed."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.part_folder import part_folder

ARRAYS = {"voxels": np.arange(200_000, dtype=np.float32)}


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return DiskCache(folder, 10_000_000)


def test_what_is_written_is_read(cache):
    cache.write("key", ARRAYS, {"name": "scan"})
    arrays, about = cache.read("key")
    assert np.array_equal(arrays["voxels"], ARRAYS["voxels"]) and about == {"name": "scan"}


@pytest.mark.parametrize("kept", [0, 7, 100, 400_000])
def test_a_truncated_entry_is_dropped(cache, kept):
    cache.write("key", ARRAYS, {})
    path = next(cache.folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:kept])
    assert cache.read("key") is None and not path.exists()


@pytest.mark.parametrize("place", [-1, -400_000, 300])
def test_an_entry_of_which_one_byte_changed_is_dropped(cache, place):
    cache.write("key", ARRAYS, {})
    path = next(cache.folder.glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert cache.read("key") is None and not path.exists()


def test_a_failing_disk_is_told_once_and_until_it_works_again(cache, caplog):
    aside = cache.folder.rename(cache.folder.with_name("aside"))
    cache.write("one", ARRAYS, {})
    cache.write("two", ARRAYS, {})
    assert "make room" in cache.trouble and len(caplog.records) == 1
    aside.rename(cache.folder)
    cache.write("three", ARRAYS, {})
    assert cache.trouble is None


def test_a_folder_that_vanishes_only_means_that_nothing_is_kept(cache):
    cache.folder.rmdir()
    cache.write("key", ARRAYS, {})
    assert cache.read("key") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_fills_up_leaves_nothing_half_written(cache):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        cache.write("key", ARRAYS, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert list(cache.folder.iterdir()) == []
    cache.write("key", ARRAYS, {})
    assert cache.read("key") is not None


def test_the_longest_unused_goes_first_also_after_the_clock_was_set_back(cache):
    cache.limit = 2_000_000  # two of them
    for key in ("one", "two"):
        cache.write(key, ARRAYS, {})
        ahead = time.time() + 5 * 3600 + (key == "two")  # as if they were written before the clock was set back
        os.utime(cache.folder / f"{key}.safetensors", (ahead, ahead))
    again = DiskCache(cache.folder, cache.limit)
    assert again.read("one") is not None
    again.write("three", ARRAYS, {})
    assert "two" not in again and "one" in again and "three" in again
    again.write("four", ARRAYS, {})
    assert "one" not in again and "three" in again and "four" in again


def test_the_mark_of_use_may_fail_without_loss(cache, monkeypatch):
    cache.write("key", ARRAYS, {})

    def read_only(path, **stamp):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("mrifoundation.engine.disk_cache.os.utime", read_only)
    assert cache.read("key") is not None and "key" in cache


WRITING = """
import sys
from pathlib import Path
import numpy as np
from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.part_folder import part_folder
cache = DiskCache(Path(sys.argv[1]), 10**9)
while True:
    cache.write("key", {"voxels": np.zeros(30_000_000, np.float32)}, {})
"""


def half_written(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".safetensors"]


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_what_a_killed_writer_left_half_written_goes_when_the_cache_is_opened_next(cache):
    writer = subprocess.Popen([sys.executable, "-c", WRITING, str(cache.folder)])
    end = time.monotonic() + 120
    while not any(path.stat().st_size > 1_000_000 for path in half_written(cache.folder)):
        assert time.monotonic() < end and writer.poll() is None
    writer.kill()
    writer.wait()
    for name in ("earlier.part", ".tmpAb12Cd"):  # an earlier version's
        (cache.folder / name).write_bytes(b"voxels")
    DiskCache(cache.folder, 10_000_000)
    assert half_written(cache.folder) == [] and not list(cache.folder.glob("*.part"))


def test_what_is_being_written_is_left_and_counts_as_held(cache):
    with part_folder(cache.folder) as part:
        (part / "key.safetensors").write_bytes(bytes(9_500_000))
        other = DiskCache(cache.folder, 10_000_000)
        other.write("first", ARRAYS, {})
        other.write("second", ARRAYS, {})
        assert part.exists() and "first" not in other and "second" in other
    assert not part.exists()
