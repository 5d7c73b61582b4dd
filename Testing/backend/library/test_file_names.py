"""Names of files may be names of patients: the index holds them only where it must, to open a scan, and looks no words up in them."""

import pytest

from mrifoundation.library import Library, Question
from mrifoundation.library.file_names import neutral_name

NAME = "Quortlemann_T1_brain"


@pytest.fixture
def scan(archive, tmp_path):
    path = tmp_path / f"{NAME}.nii.gz"
    path.write_bytes((archive.parent / "a1.nii.gz").read_bytes())
    return path


@pytest.fixture
def added(scan, engine, tmp_path):
    def added():
        library = Library.open(tmp_path / "library", engine)
        library.add([scan], profile="fast")
        return library

    return added


def stored(library):
    return library._store.rows("cases", "", ["name", "words", "caption"])[0]


def found(library):
    return [hit.case.name for hit in library.search(Question(words="Quortlemann")).hits]


def test_a_case_is_shown_under_the_name_of_its_file_and_stored_under_none(added, scan):
    library = added()
    case = library.cases()[0][0]
    assert (case.name, case.source) == (NAME, str(scan)) and case.facts["sequence"] == "T1"
    assert (stored(library)["name"], stored(library)["words"]) == ("", "T1 brain") and found(library) == []
    assert [hit.case.name for hit in library.search(Question(words="a T1 of someone")).hits] == [NAME]


def test_it_stays_so_when_it_is_embedded_anew(added):
    library = added()
    library._store.table("cases").update(values={"model": "another"})
    assert library.refresh()[0].added == 1
    assert stored(library)["name"] == "" and library.cases()[0][0].name == NAME


def test_names_of_files_are_kept_and_looked_up_where_that_is_switched_on(added, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_FILE_NAMES", "on")
    library = added()
    assert stored(library)["name"] == NAME and found(library) == [NAME]


def test_a_bids_scan_is_named_after_its_file_only_when_it_is_shown(engine, archive, tmp_path):
    folder = tmp_path / "data" / "sub-Quortlemann" / "anat"
    folder.mkdir(parents=True)
    (tmp_path / "data" / "dataset_description.json").write_text("{}")
    (folder / "sub-Quortlemann_T1w.nii.gz").write_bytes((archive.parent / "a1.nii.gz").read_bytes())
    library = Library.open(tmp_path / "library", engine)
    library.add([tmp_path / "data"], profile="fast")
    assert stored(library)["name"] == "" and library.cases()[0][0].name == "sub-Quortlemann_T1w"


def test_a_neutral_name_tells_what_is_known():
    assert neutral_name("3fa9c1d2", {"region": "brain", "sequence": "T1", "age": 63}) == "T1 brain 3fa9c1"
    assert neutral_name("3fa9c1d2", {}) == "3fa9c1"
