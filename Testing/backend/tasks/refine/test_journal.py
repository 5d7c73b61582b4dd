"""A journal loses nothing that was written, however it was cut off."""

import signal

import numpy as np
import pytest

from mrifoundation.tasks.refine.journal import Journal

resource = pytest.importorskip("resource", reason="limits of files are set where there are such limits")


@pytest.fixture
def journal(tmp_path):
    one = Journal(tmp_path / "one.journal")
    for number in range(3):
        one.append({"number": number}, bytes([number]) * 100)
    return one


def test_records_come_back_in_order(journal):
    assert list(journal.read()) == [({"number": n}, bytes([n]) * 100) for n in range(3)]


@pytest.mark.parametrize(("cut", "left"), [(1, [0, 1]), (50, [0, 1]), (130, [0, 1]), (140, [0])])
def test_a_record_cut_off_by_a_crash_is_dropped_and_writing_goes_on(journal, cut, left):
    with open(journal.path, "r+b") as file:
        file.truncate(journal.path.stat().st_size - cut)
    assert [about["number"] for about, _ in journal.read()] == left
    journal.append({"number": "new"})
    assert [about["number"] for about, _ in journal.read()] == [*left, "new"]


def test_a_damaged_record_is_not_believed(journal):
    content = bytearray(journal.path.read_bytes())
    content[-1] ^= 1
    journal.path.write_bytes(bytes(content))
    assert [about["number"] for about, _ in journal.read()] == [0, 1]


def test_noise_at_the_end_is_cut(journal):
    before = journal.path.stat().st_size
    with open(journal.path, "ab") as file:
        file.write(np.random.default_rng(0).bytes(200))
    assert len(list(journal.read())) == 3 and journal.path.stat().st_size == before


def test_a_full_disk_takes_nothing_of_what_is_written_once_there_is_room_again(journal):
    size = journal.path.stat().st_size
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 60, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append({"number": "refused"}, b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert journal.path.stat().st_size == size
    journal.append({"number": "after"}, b"y" * 100)
    assert [about["number"] for about, _ in journal.read()] == [0, 1, 2, "after"]
