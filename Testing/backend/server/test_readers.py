"""A key of role read sees cases and hits, and no name or place of a file; other keys do."""

import json

import nibabel as nib
import numpy as np
import pytest
import requests
from forked_service import ForkedService

from mrifoundation.server.keys import add_key

FILE = "Quortlemann"


@pytest.fixture(scope="module")
def archive(tmp_path_factory, head_voxels):
    """One scan whose file is called after the patient, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("archive") / FILE
    folder.mkdir()
    nib.save(nib.Nifti1Image(head_voxels, np.diag([3.0, 3, 3, 1])), folder / f"{FILE}_T1_brain.nii.gz")
    (folder / f"{FILE}_torn.nii.gz").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def service(tiny_weights, archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    settings = {
        "MRIFOUNDATION_LIBRARY": str(folder / "library"),
        "MRIFOUNDATION_LIBRARY_ROOTS": str(archive),
        "MRIFOUNDATION_KEYS": str(folder / "keys.json"),
    }
    running = ForkedService(tiny_weights, folder / "cache", **settings)
    running.keys = folder / "keys.json"
    running.wait_until_ready()
    yield running
    running.process.kill()


@pytest.fixture(scope="module")
def ingest(service, archive):
    """The job that added the archive."""
    path = "/v1/library/collections/heads/ingest"
    job = service.post(path, json={"sources": [str(archive)], "profile": "fast"}).json()["job"]
    assert service.finished(job)["state"] == "done"
    return job


@pytest.fixture(scope="module")
def asking(service, ingest, head_voxels, oblique_affine):
    """asking(role) → everything that a key of this role is told of the case, by what it is."""
    volume = service.send(head_voxels, oblique_affine).json()["id"]

    def asking(role):
        headers = {"Authorization": f"Bearer {add_key(service.keys, role, role)}"}

        def get(path):
            return requests.get(service.url + path, headers=headers, timeout=60)

        def search(wait):
            wanted = {"volume": volume, "profile": "fast"}
            return requests.post(
                f"{service.url}/v1/search?wait={wait}", json=wanted, headers=headers, timeout=60
            ).json()

        cases = get("/v1/library/cases").json()["cases"]
        job = search(0)["job"]
        service.finished(job)
        return {
            "cases": cases,
            "case": get(f"/v1/library/cases/{cases[0]['case']}").json(),
            "at once": search(30)["result"],
            "result": get(f"/v1/jobs/{job}/result").json(),
            "report": get(f"/v1/jobs/{ingest}/result").json(),
        }

    return asking


def test_a_reader_is_told_of_no_file(asking):
    told = asking("read")
    assert FILE not in json.dumps(told)
    case = told["case"]
    (hit,) = told["result"]["hits"]
    assert told["at once"]["hits"] == [hit] and (hit["path"], hit["name"]) == ("", case["name"])
    assert case["source"] == "" and case["name"] == f"T1 brain {case['case'][:6]}" and told["cases"] == [case]
    assert told["report"]["bad"][0]["reason"].startswith("Only keys of role write or admin")


@pytest.mark.parametrize("role", ["write", "admin"])
def test_others_are_told_where_a_scan_lies(asking, archive, role):
    told = asking(role)
    assert told["case"]["source"] == str(archive / f"{FILE}_T1_brain.nii.gz")
    assert told["at once"]["hits"][0]["path"] == told["result"]["hits"][0]["path"] == told["case"]["source"]
    assert told["case"]["name"] == f"{FILE}_T1_brain" and FILE in told["report"]["bad"][0]["source"]


def test_a_scan_that_has_moved_is_missed_without_naming_its_file(asking, service, archive):
    case = asking("read")["case"]["case"]
    file = archive / f"{FILE}_T1_brain.nii.gz"
    file.rename(archive / "moved")
    try:
        answer = service.get(f"/v1/library/cases/{case}/file")
    finally:
        (archive / "moved").rename(file)
    assert answer.status_code == 404 and "cannot be read any more" in answer.json()["error"] and FILE not in answer.text
