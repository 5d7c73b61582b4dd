"""DICOM trees: what is a series, what is left out, and that no one is named."""

from pathlib import Path

import pytest

from mrifoundation.library import Library
from mrifoundation.library.sources import find_items


@pytest.fixture(scope="module")
def library(examination, engine, tmp_path_factory):
    library = Library.open(tmp_path_factory.mktemp("library"), engine)
    library.report = library.add([examination], profile="fast")
    return library


def test_series_are_grouped_and_planning_and_derived_images_counted(library):
    assert library.report.added == 3 and not library.report.bad
    assert library.report.skipped == {"localizer": 1, "derived series": 2}


def test_facts_come_from_words_agent_and_times(library):
    facts = {case.name: case.facts for case in library.cases()[0]}
    assert facts["T1 axial (series 1)"]["sequence"] == "T1" and facts["T1 axial (series 1)"]["plane"] == "axial"
    contrast = facts["ax T1 post (series 2)"]
    assert (contrast["sequence"], contrast["contrast"], contrast["region"]) == ("T1c", True, "brain")
    assert facts["brain overview of sorts (series 3)"]["sequence"] == "FLAIR"
    assert all((one["age"], one["sex"]) == (63.0, "F") and "thick slices" in one["flags"] for one in facts.values())


def test_neither_name_nor_id_nor_date_nor_private_tag_is_kept(library):
    written = b"".join(path.read_bytes() for path in Path(library.uri).rglob("*") if path.is_file())
    for secret in (b"Meier", b"4711-88", b"19610203", b"20240506", b"06.05.2024", b"SECRET VENDOR"):
        assert secret not in written
    assert len({case.patient for case in library.cases()[0]}) == 1


def test_identifiers_are_kept_when_asked_for(examination, engine, tmp_path):
    library = Library.open(tmp_path, engine)
    library.add([examination / "a"], profile="fast", identifiers=True)
    case = library.cases()[0][0]
    assert case.identifiers["PatientID"] == "4711-88" and case.to_dict()["identifiers"]["StudyDate"] == "20240506"


def test_a_series_that_lies_in_several_folders_is_one_scan(examination, write_series, tmp_path, engine):
    series = write_series(tmp_path / "one", 7)
    (tmp_path / "two").mkdir()
    for path in sorted((tmp_path / "one").iterdir())[6:]:
        path.rename(tmp_path / "two" / path.name)
    found = find_items([str(tmp_path)])
    assert [item.series for item in found.items] == [series] and found.items[0].source == str(tmp_path)
    assert found.items[0].read().shape == (32, 28, 12)


def test_a_case_of_a_folder_with_several_series_is_read_back_as_itself(library):
    for case in library.cases()[0]:
        assert library.read(case.case).content_hash == case.content_hash


def test_one_file_of_a_series_stands_for_itself_alone(examination):
    found = find_items([str(sorted((examination / "a").iterdir())[0])])
    assert len(found.items) == 1 and found.items[0].read().shape == (32, 28, 1)


def test_real_series_of_the_data_pack_come_in(data_pack):
    found = find_items([str(data_pack / "dicom")])
    facts = {item.patient: item.facts for item in found.items}
    assert facts["KNEE-01"]["sequence"] == "PD" and facts["STS_019"]["region"] == "extremity"
