"""A scan that was sent can be forgotten by whoever may send: nothing of it is left on disk or in memory, and others are as before."""

import pytest
from forked_service import ForkedService

from mrifoundation.server.permissions import needed_role


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def service(tiny_weights, folder):
    running = ForkedService(tiny_weights, folder)
    running.wait_until_ready()
    yield running
    running.process.kill()


def holding(folder, volume):
    trace = volume.encode()
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "audit")
    return [path.name for path in files if trace in path.name.encode() + path.read_bytes()]


def worked_on(service, voxels, affine):
    """The id of a scan that was sent, segmented and contoured, and the job."""
    volume = service.send(voxels, affine).json()["id"]
    job = service.segment(volume, ["liver"])
    assert service.finished(job)["state"] == "done"
    begun = {"begin": {"job": job, "value": 1}, "name": "liver", "profile": "fast"}
    assert service.post(f"/v1/volumes/{volume}/refine", json=begun).status_code == 200
    return volume, job


def test_a_volume_is_forgotten_and_only_once(service, folder, head_voxels, oblique_affine):
    mine, job = worked_on(service, head_voxels, oblique_affine)
    other, others_job = worked_on(service, head_voxels[::-1].copy(), oblique_affine)
    assert holding(folder, mine)

    answer = service.request("DELETE", f"/v1/volumes/{mine}")

    assert answer.status_code == 200 and answer.json() == {"uploads": 1, "encodings": 1, "contours": 1}
    assert holding(folder, mine) == []
    for path in (f"/v1/volumes/{mine}", f"/v1/volumes/{mine}/refine", f"/v1/jobs/{job}"):
        assert service.get(path).status_code == 404
    assert service.get(f"/v1/volumes/{other}").json()["encoded"] == ["fast"]
    assert service.labels(others_job)[0].any() and service.get(f"/v1/volumes/{other}/refine").json()["segments"]
    again = service.request("DELETE", f"/v1/volumes/{mine}")
    assert again.status_code == 404 and again.json()["error"].startswith("Nothing is kept of a volume with this id")


@pytest.mark.parametrize("volume", ["0" * 64, "..%2Fservice", "a"])
def test_what_was_never_sent_cannot_be_forgotten(service, volume):
    answer = service.request("DELETE", f"/v1/volumes/{volume}")
    assert answer.status_code == 404 and answer.json()["error"].endswith(".")


def test_it_needs_the_role_that_sending_needs():
    assert needed_role("DELETE", f"/v1/volumes/{'0' * 64}") == needed_role("POST", "/v1/volumes") == "write"
