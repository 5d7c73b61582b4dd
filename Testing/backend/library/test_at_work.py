"""A scan that takes the program down keeps the others from coming in only so often."""

import os

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library import Library, at_work, ingest
from mrifoundation.library.at_work import AtWork


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def go_down_in(*scan):
    """What a kill -9 in the midst of a scan leaves."""
    child = os.fork()
    if not child:
        with AtWork("library", "made").on(*scan):
            os._exit(9)
    os.waitpid(child, 0)


def tried(*scan):
    with AtWork("library", "made").on(*scan):
        return True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that ends without a word")
def test_after_three_times_the_others_come_in_without_it(cache):
    for _ in range(3):
        assert tried("other scan"), "what succeeds is forgotten"
        go_down_in("scan")
    with pytest.raises(InputError, match="went down three times"):
        tried("scan")
    assert tried("other scan")
    AtWork("library", "made").forget()
    assert tried("scan") and not list((cache / "ingests").iterdir())


def test_an_error_is_no_crash(cache):
    for _ in range(4):
        with pytest.raises(ValueError, match="odd"), AtWork("library", "made").on("scan"):
            raise ValueError("odd")
    assert tried("scan")


def test_what_is_damaged_on_disk_is_not_believed(cache):
    go_down_in("scan")
    [told] = (cache / "ingests").glob("*.json")
    told.write_text("[")
    assert tried("scan")


def test_an_ingest_tells_the_disk_which_scan_it_is_at(archive, engine, tmp_path, monkeypatch, cache):
    seen, real = [], ingest.take

    def take(*given):
        seen.append(len(list((cache / "ingests").glob("*.json"))))
        return real(*given)

    monkeypatch.setattr(ingest, "take", take)
    report = Library.open(tmp_path / "library", engine).add([archive], "made", profile="fast")
    assert seen == [1] * report.added and not list((cache / "ingests").iterdir())


def test_an_ingest_lists_what_took_it_down_as_bad(archive, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(at_work, "MOST_TIMES", 0)
    report = Library.open(tmp_path / "library", engine).add([archive], "made", profile="fast")
    assert report.added == 0 and sum("went down" in reason for _, reason in report.bad) >= 6
