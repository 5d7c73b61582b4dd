"""What the library shows of a series whose pixels may name the patient: nothing, unless that is switched on."""

import io

import pytest
from PIL import Image

from mrifoundation.library import Library
from mrifoundation.library.preview import preview
from mrifoundation.library.thumbnail import thumbnail
from mrifoundation.volume.burnt_in import TEXT


@pytest.fixture
def added(write_series, engine, tmp_path):
    """A library to which a series with burnt-in text and another were added, and the report of that."""
    write_series(tmp_path / "series", 1, BurnedInAnnotation="YES")
    write_series(tmp_path / "series", 2)
    library = Library.open(tmp_path / "library", engine)
    return library, library.add([tmp_path / "series"], profile="fast")


def pictures(library):
    """By series number: the picture that is kept, whether it is the scan's, and the flags."""
    found = {}
    for case in library.cases()[0]:
        kept = library.thumbnail(case.case)
        found[case.name[-2]] = (kept, kept == thumbnail(library.read(case.case)), case.facts["flags"])
    return found


def test_burnt_in_text_is_flagged_and_its_preview_withheld(added):
    library, report = added
    shown = pictures(library)
    picture, is_the_scan, flags = shown["1"]
    assert TEXT in flags and not is_the_scan and Image.open(io.BytesIO(picture)).size == (336, 112)
    assert shown["2"][1] and TEXT not in shown["2"][2]
    assert "1 series have, or may have, text burnt into" in report.notes[0]
    assert [case.name for case in library.cases(filters={"flags": TEXT})[0]] == ["T1 axial (series 1)"]


def test_it_stays_so_when_the_case_is_embedded_anew(added):
    library, _ = added
    library._store.table("cases").update(values={"model": "another"})
    assert sum(report.added for report in library.refresh()) == 2
    shown = pictures(library)
    assert TEXT in shown["1"][2] and not shown["1"][1] and shown["2"][1]


def test_previews_can_be_switched_on(filled, monkeypatch):
    scan = filled.read(filled.cases()[0][0].case)
    assert preview(scan, [TEXT]) != thumbnail(scan)
    monkeypatch.setenv("MRIFOUNDATION_BURNT_IN_PREVIEWS", "on")
    assert preview(scan, [TEXT]) == thumbnail(scan)
