"""Listing what is to be added tells how far it is, and stops when it is cancelled."""

import shutil

import pytest

from mrifoundation.errors import Cancelled
from mrifoundation.library import Library
from mrifoundation.library.sources import Looking, find_items, looking


@pytest.fixture
def sources(tmp_path, archive, examination):
    """A folder, a BIDS data set, a DICOM tree and a manifest, each with several scans."""
    (tmp_path / "bids").mkdir()
    (tmp_path / "bids" / "dataset_description.json").write_text("{}")
    shutil.copytree(archive.parent, tmp_path / "files", ignore=shutil.ignore_patterns("*.csv"))
    shutil.copytree(tmp_path / "files", tmp_path / "bids" / "sub-01")
    return {"files": tmp_path / "files", "bids": tmp_path / "bids", "dicom": examination, "manifest": archive}


class Ear:
    """Hears every message, and cancels at the one that it waits for."""

    def __init__(self, stop_at=None):
        self.heard, self._stop_at = [], stop_at

    def progress(self, stage, fraction, message):
        assert stage == "find" and 0 <= fraction <= 1
        self.heard.append(message)

    def cancel(self):
        return bool(self.heard) and self.heard[-1] == self._stop_at


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("files", "Looking for scans: file 3."),
        ("bids", "Looking for scans: file 3."),
        ("dicom", "Looking for scans: DICOM header 3 of 63."),
        ("manifest", "Looking for scans: line 3 of 10."),
    ],
)
def test_listing_tells_how_far_it_is_and_stops_there_when_cancelled(sources, kind, message, monkeypatch):
    monkeypatch.setattr(looking, "TELL_EVERY", 0.0)
    ear = Ear(stop_at=message)
    with pytest.raises(Cancelled):
        find_items([str(sources[kind])], looking=Looking(ear.progress, ear.cancel))
    assert ear.heard[-1] == message


def test_it_is_told_now_and_then_and_not_of_every_file(sources):
    ear = Ear()
    find_items([str(sources["dicom"])], looking=Looking(ear.progress, ear.cancel))
    assert 1 <= len(ear.heard) < 20


def test_adding_is_cancelled_while_it_lists(archive, engine, tmp_path):
    library = Library.open(tmp_path / "library", engine)
    with pytest.raises(Cancelled, match="Looking for scans"):
        library.add([archive], cancel=lambda: True)
