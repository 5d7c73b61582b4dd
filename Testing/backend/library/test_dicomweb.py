"""A picture archive over DICOMweb: a real Orthanc with its plug-in, started here on loopback."""

import pytest
import requests
from orthanc import free_port, running_orthanc

from mrifoundation.errors import InputError
from mrifoundation.library import Library
from mrifoundation.library.sources import find_items


@pytest.fixture(scope="module")
def orthanc(examination, tmp_path_factory):
    """The address of a running Orthanc that holds the examination."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as url:
        for path in sorted(examination.rglob("*.dcm")):
            requests.post(f"{url}/instances", data=path.read_bytes(), timeout=30).raise_for_status()
        yield f"{url}/dicom-web"


def test_an_archive_comes_in_as_the_same_cases_as_its_files(orthanc, examination, engine, tmp_path):
    library = Library.open(tmp_path, engine)
    report = library.add([orthanc], "pacs", profile="fast")
    assert report.added == 3 and report.skipped == {"localizer": 1, "derived series": 2} and not report.bad
    library.add([examination], "files", profile="fast")
    over_web, from_files = (
        {(case.content_hash, case.name, case.facts["sequence"], case.patient) for case in library.cases(name)[0]}
        for name in ("pacs", "files")
    )
    assert over_web == from_files
    assert library.add([orthanc], "pacs", profile="fast").known == 3


def test_a_case_is_fetched_again_from_the_archive(orthanc, engine, tmp_path):
    library = Library.open(tmp_path, engine)
    series = next(item for item in find_items([orthanc]).items if item.name.startswith("T1 axial"))
    assert library.add([series.source], profile="fast").added == 1
    case = library.cases()[0][0]
    assert library.read(case.case).content_hash == case.content_hash


def test_a_study_and_a_series_have_addresses_of_their_own(orthanc):
    everything = find_items([orthanc]).items
    study = everything[0].source.split("/series/")[0]
    assert {item.source for item in find_items([study]).items} == {item.source for item in everything}
    assert [item.series for item in find_items([everything[1].source]).items] == [everything[1].series]


def test_an_archive_that_is_not_there_is_said_to_be(orthanc):
    with pytest.raises(InputError, match="cannot be reached"):
        find_items([f"http://127.0.0.1:{free_port()}/dicom-web"])
    with pytest.raises(InputError, match="answered 404"):
        find_items([orthanc.replace("dicom-web", "elsewhere")])
