"""The structured report of a service: of the patient where the DICOM series was sent, else of nobody."""

import io
import zipfile

import numpy as np
import pydicom
import pytest
from mr_series import write_planes, zipped


@pytest.fixture(scope="module")
def examinations(head_voxels, tmp_path_factory):
    """The head as the zipped DICOM series of one patient, a little brighter of another, and of the first a year later."""
    found = {}
    for number, patient in enumerate(("P-4711", "P-4712", "P-4711 ")):
        planes = np.moveaxis(head_voxels, 2, 0).swapaxes(1, 2).astype(np.uint16) + number
        folder = tmp_path_factory.mktemp("dicom") / "series"
        stated = {"PatientID": patient, "StudyDate": f"{2023 + number // 2}0503"}
        write_planes(folder, planes, step=(0, 0, 3.0), PixelSpacing=[2.5, 2.0], **stated)
        found[patient] = zipped(folder)
    return found


@pytest.fixture(scope="module")
def volumes(service, examinations):
    """The ids of these scans, which are held without their headers."""
    sent = [
        service.post("/v1/volumes", data=one, headers={"X-Filename": "series.zip"}) for one in examinations.values()
    ]
    return [answer.json()["id"] for answer in sent]


@pytest.fixture
def with_sources(service, volumes, examinations):
    for volume, content in zip(volumes, examinations.values(), strict=True):
        assert service.post(f"/v1/volumes/{volume}/source", data=content).status_code == 200
    yield
    for volume in volumes:
        service.request("DELETE", f"/v1/volumes/{volume}/source")


def reported(service, volumes):
    """The job of a draft, and its comparison with the prior."""
    answer = service.post(
        f"/v1/volumes/{volumes[0]}/report", json={"profile": "fast", "heads": [], "prior": volumes[1]}
    )
    job = answer.json()["job"]
    assert service.finished(job)["state"] == "done"
    sections = service.get(f"/v1/jobs/{job}/result").json()["sections"]
    (compared,) = [one["sentences"] for one in sections if "prior" in one["title"]]
    return job, " ".join(one["text"] for one in compared)


def structured(service, job):
    answer = service.get(f"/v1/jobs/{job}/report.dcm")
    assert answer.status_code == 200, answer.text
    return pydicom.dcmread(io.BytesIO(answer.content))


def test_a_scan_without_its_series_is_reported_for_nobody(service, volumes):
    job, compared = reported(service, volumes)
    document = structured(service, job)
    assert document.PatientID == "" and document.SOPClassUID.name == "Enhanced SR Storage"
    assert "different patients" not in compared and "taken as given" in compared


def test_a_scan_with_its_series_is_reported_for_its_patient_and_study(service, volumes, with_sources, examinations):
    job, compared = reported(service, volumes)
    document = structured(service, job)
    with zipfile.ZipFile(io.BytesIO(examinations["P-4711"])) as archive, archive.open("000.dcm") as file:
        image = pydicom.dcmread(io.BytesIO(file.read()))
    assert document.PatientID == "P-4711" and document.PatientName == image.PatientName
    assert document.StudyInstanceUID == image.StudyInstanceUID
    assert document.SOPClassUID.name == "Comprehensive 3D SR Storage"
    assert "different patients" in compared and "P-471" not in compared


def test_a_prior_that_was_made_later_is_not_compared(service, volumes, with_sources):
    first, _, later = volumes
    _, compared = reported(service, (first, later))
    assert compared.startswith("Nothing is compared: by its DICOM headers the prior was made on a later day")
    _, compared = reported(service, (later, first))
    assert "Nothing is compared: by" not in compared and "is the earlier one" not in compared


def test_a_series_sent_after_the_draft_still_tells_whose_it_is(service, volumes, examinations):
    job, _ = reported(service, volumes)
    assert structured(service, job).PatientID == ""
    address = f"/v1/volumes/{volumes[0]}/source"
    assert service.post(address, data=examinations["P-4711"]).status_code == 200
    assert structured(service, job).PatientID == "P-4711"
    service.request("DELETE", address)
    assert structured(service, job).PatientID == ""


def test_after_a_restart_only_the_text_of_a_draft_is_there_and_that_is_said(start, tiny_weights, tmp_path, head_voxels):
    first = start(tiny_weights, tmp_path)
    first.wait_until_ready()
    volume = first.send(head_voxels, np.diag([2.0, 2.5, 3.0, 1.0])).json()["id"]
    job = first.post(f"/v1/volumes/{volume}/report", json={"profile": "fast", "heads": []}).json()["job"]
    assert first.finished(job)["state"] == "done"
    first.stop()
    second = start(tiny_weights, tmp_path)
    second.wait_until_ready()
    assert second.get(f"/v1/jobs/{job}/result").json()["sections"]
    answer = second.get(f"/v1/jobs/{job}/report.pdf")
    assert answer.status_code == 409 and "outlived a restart" in answer.json()["error"]
