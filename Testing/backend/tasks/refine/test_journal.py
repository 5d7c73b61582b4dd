"""A journal loses nothing that was written, however it was cut off, damaged or written to by others."""

import logging
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from forked_python import ForkedPython

from mrifoundation.tasks.refine import file_lock
from mrifoundation.tasks.refine.journal import Journal, Sealed

resource = pytest.importorskip("resource", reason="limits of files are set where there are such limits")


@pytest.fixture
def journal(tmp_path):
    one = Journal(tmp_path / "one.journal")
    for number in range(3):
        one.append({"number": number}, bytes([number]) * 100)
    return one


def test_records_come_back_in_order(journal):
    assert list(journal.read()) == [({"number": n}, bytes([n]) * 100) for n in range(3)]


def numbers(journal):
    return [about["number"] for about, _ in journal.read()]


def cut_off(journal, count):
    with open(journal.path, "r+b") as file:
        file.truncate(journal.path.stat().st_size - count)


def change(journal, change_bytes):
    content = bytearray(journal.path.read_bytes())
    change_bytes(content)
    journal.path.write_bytes(bytes(content))


def start_of(number, content):
    """Where the record of this number begins."""
    start = -1
    for _ in range(number + 1):
        start = content.index(b"MFJ", start + 1)
    return start


@pytest.mark.parametrize(("cut", "left"), [(1, [0, 1]), (50, [0, 1]), (130, [0, 1]), (140, [0])])
def test_a_record_cut_off_by_a_crash_is_set_aside_by_who_writes_and_not_by_who_reads(journal, caplog, cut, left):
    cut_off(journal, cut)
    before = journal.path.read_bytes()
    assert numbers(journal) == left and journal.is_whole
    assert journal.path.read_bytes() == before and caplog.messages == []
    journal.append({"number": "new"})
    assert numbers(journal) == [*left, "new"]
    aside = journal.path.with_suffix(".damaged")
    assert before.startswith(journal.path.read_bytes()[: start_of(len(left), before)])
    assert aside.read_bytes() == before[start_of(len(left), before) :]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_noise_at_the_end_is_set_aside(journal):
    before, noise = journal.path.read_bytes(), np.random.default_rng(0).bytes(200)
    journal.path.write_bytes(before + noise)
    assert numbers(journal) == [0, 1, 2]
    journal.append({"number": "new"})
    assert numbers(journal) == [0, 1, 2, "new"]
    assert journal.path.with_suffix(".damaged").read_bytes() == noise


def test_what_is_set_aside_twice_is_kept_twice(journal):
    for noise in (b"one", b"other"):
        with open(journal.path, "ab") as file:
            file.write(noise)
        journal.append({"number": noise.decode()})
    assert numbers(journal) == [0, 1, 2, "one", "other"]
    assert journal.path.with_suffix(".damaged").read_bytes() == b"oneother"
    journal.delete()
    assert list(journal.path.parent.iterdir()) == []


def test_a_damaged_record_in_the_middle_is_not_believed_and_nothing_behind_it_is_touched(journal, caplog):
    change(
        journal, lambda content: content.__setitem__(start_of(2, content) - 1, content[start_of(2, content) - 1] ^ 1)
    )
    before = journal.path.read_bytes()
    assert numbers(journal) == [0] and not journal.is_whole and journal.is_current
    assert "damaged" in caplog.text
    with pytest.raises(Sealed, match="open a new one from it"):
        journal.append({"number": "new"})
    assert journal.path.read_bytes() == before and not journal.path.with_suffix(".damaged").exists()


def test_a_damaged_beginning_keeps_all_of_the_file(journal):
    change(journal, lambda content: content.__setitem__(30, content[30] ^ 1))
    before = journal.path.read_bytes()
    assert numbers(journal) == [] and journal.first() is None
    with pytest.raises(Sealed):
        journal.append({"number": "new"})
    assert journal.path.read_bytes() == before


@pytest.mark.parametrize("which", [1, 2])
def test_a_record_of_a_newer_format_is_left_where_it_is(journal, which):
    def newer(content):
        content[start_of(which, content) + 3] = ord("2")

    change(journal, newer)
    before = journal.path.read_bytes()
    assert numbers(journal) == list(range(which)) and not journal.is_whole
    with pytest.raises(Sealed):
        journal.append({"number": "new"})
    assert journal.path.read_bytes() == before


def test_damage_that_came_since_it_was_read_is_found_before_anything_is_written(journal):
    whole = journal.path.read_bytes()
    cut_off(journal, 140)
    assert numbers(journal) == [0]
    journal.path.write_bytes(whole)
    change(journal, lambda content: content.__setitem__(start_of(1, content) + 40, 0xFF))
    before = journal.path.read_bytes()
    with pytest.raises(Sealed):
        journal.append({"number": "new"})
    assert journal.path.read_bytes() == before


def test_who_has_read_less_than_another_process_wrote_writes_nothing(journal):
    here, there = Journal(journal.path), Journal(journal.path)
    assert numbers(here) == numbers(there) == [0, 1, 2] and here.is_current
    there.append({"number": "there"})
    assert not here.is_current
    with pytest.raises(Sealed, match="ask again"):
        here.append({"number": "here"})
    assert numbers(here) == [0, 1, 2, "there"]
    here.append({"number": "here"})
    assert numbers(there) == [0, 1, 2, "there", "here"]


def test_a_record_that_another_process_is_writing_is_whole_once_it_has_written_it(journal):
    """Readers look while a record grows byte by byte, and one of them wants to write too: it waits until that is done."""
    whole = journal.path.read_bytes()
    cut_off(journal, len(whole) - start_of(2, whole))
    reader = Journal(journal.path)
    read = []
    with open(journal.path, "ab", buffering=0) as file, file_lock.locked(file):
        for byte in whole[start_of(2, whole) :]:
            file.write(bytes([byte]))
            read.append(numbers(reader))
        numbers(late := Journal(journal.path))
        writing = threading.Thread(target=lambda: late.append({"number": "late"}))
        writing.start()
        time.sleep(0.05)
        assert journal.path.read_bytes() == whole, "it waits for the lock"
    writing.join()
    assert read[-1] == [0, 1, 2] and all(one == [0, 1] for one in read[:-1])
    assert numbers(reader) == [0, 1, 2, "late"]


def test_who_does_not_let_go_of_the_file_is_not_waited_for_for_ever(journal, monkeypatch):
    monkeypatch.setattr(file_lock, "PATIENCE", 0.05)
    with open(journal.path, "ab") as file, file_lock.locked(file), pytest.raises(OSError, match="holds the file"):
        journal.append({"number": "new"})
    assert numbers(journal) == [0, 1, 2]


WRITER = """
import sys
from pathlib import Path
from mrifoundation.tasks.refine.journal import Journal
journal = Journal(Path(sys.argv[1]))
count = len(journal.read()) if journal.path.exists() else 0
while True:
    journal.append({"number": count}, bytes([count % 256]) * 4_000_000)
    print(count, flush=True)
    count += 1
"""


def test_who_is_killed_while_it_writes_leaves_all_that_it_said_it_had_written(tmp_path):
    journal, answered = Journal(tmp_path / "one.journal"), -1
    for wait in (0.0, 0.003, 0.006):
        writer = ForkedPython(["-c", WRITER, journal.path], stdout=subprocess.PIPE)
        for _ in range(2):
            answered = int(writer.stdout.readline())
        time.sleep(wait)
        writer.kill()
        writer.wait()
        rest = writer.stdout.read().split()
        answered = int(rest[-1]) if rest else answered
        found = numbers(journal)
        assert found == list(range(len(found))) and len(found) - answered in (1, 2)
        answered = found[-1]


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
