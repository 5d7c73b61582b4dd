"""A journal loses nothing that was written, however it was cut off."""

import numpy as np
import pytest

from mrifoundation.tasks.refine.journal import Journal


@pytest.fixture
def journal(tmp_path):
    one = Journal(tmp_path / "one.journal")
    for number in range(3):
        one.append({"number": number}, bytes([number]) * 100)
    return one


def test_records_come_back_in_order(journal):
    assert list(journal.read()) == [({"number": n}, bytes([n]) * 100) for n in range(3)]


@pytest.mark.parametrize("cut", [1, 50, 119, 130])
def test_a_record_cut_off_by_a_crash_is_dropped_and_writing_goes_on(journal, cut):
    size = journal.path.stat().st_size
    with open(journal.path, "r+b") as file:
        file.truncate(size - cut)
    kept = [about["number"] for about, _ in journal.read()]
    assert kept == ([0, 1] if cut < 130 + 7 else [0])
    journal.append({"number": "new"})
    assert [about["number"] for about, _ in journal.read()] == [*kept, "new"]


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
