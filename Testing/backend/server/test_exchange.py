"""Exports and imports through the service."""

import io
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pydicom
import pytest
import requests
from mr_series import ball, hard_mask, write_series, zipped
from orthanc import running_orthanc

from mrifoundation.tasks.exchange import import_segments, read_source

KIDNEY, SEROMA = "left kidney", "seroma near the clip"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_series(tmp_path_factory.mktemp("dicom") / "series", "oblique", (0.9, 0.6), 5.0)


@pytest.fixture(scope="module")
def volume(service, folder):
    """The id of the series, sent as a scan without its headers."""
    headers = {"X-Filename": "series.zip"}
    return service.post("/v1/volumes", data=zipped(folder), headers=headers).json()["id"]


@pytest.fixture
def source(service, volume, folder):
    answer = service.post(f"/v1/volumes/{volume}/source", data=zipped(folder))
    assert answer.status_code == 200, answer.text
    yield answer.json()
    assert service.request("DELETE", f"/v1/volumes/{volume}/source").status_code == 204


@contextmanager
def guarded_archive(key):
    """The address of a STOW-RS service that wants this bearer key, and the keys that it was told."""
    heard = []

    class Archive(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.headers["Authorization"])
            self.send_error(404)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(self.headers["Authorization"])
            self.send_response(200 if heard[-1] == f"Bearer {key}" else 401)
            self.send_header("Content-Type", "application/dicom+json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dicom-web", heard
    finally:
        server.shutdown()
        server.server_close()


def mark(service, volume, mask):
    """The id of a region."""
    geometry = json.dumps({"start": [0, 0, 0], "shape": mask.shape, "full_shape": mask.shape})
    body = np.ascontiguousarray(mask, np.uint8).tobytes()
    return service.post(f"/v1/volumes/{volume}/region", data=body, headers={"X-Geometry": geometry}).json()["region"]


@pytest.fixture
def wanted(service, volume):
    masks = {KIDNEY: hard_mask(), SEROMA: ball((12, 12, 6), (9, 9, 4))}
    return [{"name": name, "region": mark(service, volume, mask)} for name, mask in masks.items()]


def export(service, volume, kind, segments, **more):
    return service.post(f"/v1/volumes/{volume}/export", json={"format": kind, "segments": segments, **more})


def bring(service, volume, content, name):
    return service.post(f"/v1/volumes/{volume}/import", data=content, headers={"X-Filename": name})


def region(service, volume, name):
    answer = service.get(f"/v1/volumes/{volume}/region/{name}")
    geometry = json.loads(answer.headers["X-Geometry"])
    mask = np.zeros(geometry["full_shape"], bool)
    box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    mask[box] = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])
    return mask


@pytest.mark.parametrize(("kind", "media"), [("dicom-seg", "application/dicom"), ("rtstruct", "application/dicom")])
def test_dicom_goes_out_and_comes_back_as_the_same_regions(service, volume, source, wanted, kind, media):
    answer = export(service, volume, kind, wanted)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == media, answer.text
    assert answer.headers["Content-Disposition"].endswith(f'{kind.removeprefix("dicom-")}.dcm"')
    assert json.loads(answer.headers["X-Notes"]) == []
    assert pydicom.dcmread(io.BytesIO(answer.content)).PatientID == "4711-88"
    found = bring(service, volume, answer.content, "from elsewhere.dcm").json()
    assert found["kind"] == kind and found["notes"] == []
    assert [(one["structure"], one["tg263"]) for one in found["segments"]] == [(KIDNEY, "Kidney_L"), (None, None)]
    np.testing.assert_array_equal(region(service, volume, found["segments"][0]["region"]), hard_mask())


@pytest.mark.parametrize(
    ("kind", "media", "name"),
    [
        ("nifti", "application/gzip", "a.nii.gz"),
        ("seg.nrrd", "application/octet-stream", "a.seg.nrrd"),
        ("stl", "model/stl", "left kidney.stl"),
    ],
)
def test_other_formats_need_no_dicom(service, volume, wanted, kind, media, name):
    answer = export(service, volume, kind, wanted[:1])
    assert answer.status_code == 200 and answer.headers["Content-Type"] == media, answer.text
    (found,) = bring(service, volume, answer.content, name).json()["segments"]
    assert found["name"] == KIDNEY
    np.testing.assert_array_equal(region(service, volume, found["region"]), hard_mask())


def test_several_surfaces_go_out_in_a_zip_and_come_back_as_the_same_regions(service, volume, wanted):
    answer = export(service, volume, "stl", wanted)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip", answer.text
    found = bring(service, volume, answer.content, "contours.zip").json()
    assert found["kind"] == "stl" and found["notes"] == []
    assert [one["name"] for one in found["segments"]] == [KIDNEY, SEROMA]
    np.testing.assert_array_equal(region(service, volume, found["segments"][0]["region"]), hard_mask())
    refused = bring(service, volume, answer.content[:-40], "contours.zip")
    assert refused.status_code == 422 and "damaged zip" in refused.json()["error"]


def test_a_contour_under_correction_is_exported_as_it_stands(service, volume, tmp_path):
    begun = service.post(
        f"/v1/volumes/{volume}/refine", json={"region": mark(service, volume, hard_mask()), "profile": "fast"}
    )
    contour = json.loads(begun.headers["X-Contour"])["segment"]
    answer = export(service, volume, "nifti", [{"name": KIDNEY, "contour": contour}])
    (tmp_path / "a.nii.gz").write_bytes(answer.content)
    np.testing.assert_array_equal(import_segments(tmp_path / "a.nii.gz").segments[0].mask, hard_mask())


def test_an_answer_to_words_is_exported(service, volume, tmp_path):
    job = service.segment(volume, ["left kidney", "liver"])
    service.finished(job)
    labels, _ = service.labels(job)
    assert (labels > 0).any()
    answer = export(service, volume, "nifti", [{"name": "both", "segment": {"job": job, "values": [1, 2]}}])
    (tmp_path / "a.nii.gz").write_bytes(answer.content)
    np.testing.assert_array_equal(import_segments(tmp_path / "a.nii.gz").segments[0].mask, labels > 0)


def test_dicom_without_its_series_is_refused_with_the_remedy(service, volume, wanted):
    answer = export(service, volume, "rtstruct", wanted)
    assert answer.status_code == 422
    assert "give the series that the scan was read from" in answer.json()["error"]


def test_a_series_of_another_scan_is_refused(service, volume, tmp_path):
    other = write_series(tmp_path / "other", "axial")
    answer = service.post(f"/v1/volumes/{volume}/source", data=zipped(other))
    assert answer.status_code == 422 and "not on the grid of this scan" in answer.json()["error"]
    assert service.post(f"/v1/volumes/{volume}/source", data=b"no zip").status_code == 422


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"segments": [{"name": "a"}]}, "exactly one of contour, segment and region"),
        ({"format": "nifti", "send_to": "http://127.0.0.1:9/dicom-web"}, "DICOM only"),
        ({"format": "nifti"}, "overlap"),
    ],
)
def test_what_cannot_be_exported_is_said(service, volume, wanted, change, words):
    answer = service.post(f"/v1/volumes/{volume}/export", json={"format": "rtstruct", "segments": wanted, **change})
    assert answer.status_code == 422 and words in answer.json()["error"]


def test_what_is_not_held_is_404(service, volume):
    assert service.get(f"/v1/volumes/{volume}/region/none").status_code == 404
    assert export(service, volume, "nifti", [{"name": "a", "contour": "none"}]).status_code == 404
    assert export(service, "0" * 64, "nifti", [{"name": "a", "region": "b"}]).status_code == 404


def test_a_file_of_another_kind_is_refused_by_its_own_name(service, volume):
    answer = bring(service, volume, b"hello", "../../notes.txt")
    assert answer.status_code == 422 and "'notes.txt' holds no contours" in answer.json()["error"]


def test_a_structure_set_is_sent_to_a_real_archive(service, volume, source, wanted, folder, tmp_path):
    with running_orthanc(tmp_path) as archive:
        answer = export(service, volume, "rtstruct", wanted, send_to=f"{archive}/dicom-web").json()
        assert answer["sent_to"] == f"{archive}/dicom-web" and answer["notes"] == []
        query = {"Level": "Instance", "Query": {"SOPInstanceUID": answer["instances"][0]}}
        (stored,) = requests.post(f"{archive}/tools/find", json=query, timeout=30).json()
        file = tmp_path / "back.dcm"
        file.write_bytes(requests.get(f"{archive}/instances/{stored}/file", timeout=30).content)
    found = import_segments(file, read_source(folder).grid)
    assert [one.name for one in found.segments] == ["Kidney_L", SEROMA]


def marked_series(service, folder):
    """The id of a series that was sent with its headers, and a segment that is marked on it."""
    volume = service.post("/v1/volumes", data=zipped(folder), headers={"X-Filename": "series.zip"}).json()["id"]
    service.post(f"/v1/volumes/{volume}/source", data=zipped(folder))
    return volume, [{"name": KIDNEY, "region": mark(service, volume, hard_mask())}]


def test_the_key_of_an_archive_is_said_to_it_and_reaches_no_log(start, tiny_weights, folder, tmp_path):
    service = start(tiny_weights, tmp_path)
    service.wait_until_ready()
    volume, segments = marked_series(service, folder)
    with guarded_archive("a-secret-key") as (url, heard):
        refused = export(service, volume, "rtstruct", segments, send_to=url, send_key="a-wrong-key")
        assert refused.status_code == 422 and "answered 401; check key" in refused.json()["error"]
        assert export(service, volume, "rtstruct", segments, send_to=url, send_key="a-secret-key").status_code == 200
        assert heard == ["Bearer a-wrong-key", "Bearer a-secret-key"]
        broken = export(service, volume, "rtstruct", segments, send_to=url, send_key={"key": "a-secret-key"})
        assert broken.status_code == 422 and "secret" not in broken.text
    service.stop()
    assert "secret" not in service.log() and "a-wrong-key" not in service.log()


def test_a_file_of_another_frame_of_reference_is_noted_where_the_series_is_held(
    service, volume, wanted, folder, tmp_path
):
    address, other = f"/v1/volumes/{volume}/source", write_series(tmp_path / "other", "oblique", (0.9, 0.6), 5.0)
    assert service.post(address, data=zipped(other)).status_code == 200
    content = export(service, volume, "rtstruct", wanted).content
    assert service.request("DELETE", address).status_code == 204
    assert service.get(address).status_code == 404 and "not held" in service.get(address).json()["error"]
    assert bring(service, volume, content, "RS.dcm").json()["notes"] == [], "nobody can know"
    sent = service.post(address, data=zipped(folder)).json()
    assert service.get(address).json() == sent, "a client need not send it again"
    (note,) = bring(service, volume, content, "RS.dcm").json()["notes"]
    assert "another frame of reference" in note
    service.request("DELETE", address)


def test_an_archive_that_is_not_listed_is_never_spoken_to(start, tiny_weights, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_DICOMWEB_HOSTS", "archive.example")
    monkeypatch.setenv("MRIFOUNDATION_DICOMWEB_TOKEN", "of-the-hospital")
    service = start(tiny_weights, tmp_path)
    service.wait_until_ready()
    volume, segments = marked_series(service, folder)
    with guarded_archive("a-secret-key") as (url, heard):
        refused = export(service, volume, "rtstruct", segments, send_to=url, send_key="a-secret-key")
        assert refused.status_code == 422 and "none that this service may speak to" in refused.json()["error"]
        job = service.post("/v1/library/collections/c/ingest", json={"sources": [url]}).json()["job"]
        assert "none that this service may speak to" in service.finished(job)["error"]
    assert heard == []


def test_nothing_of_the_patient_reaches_the_log_or_the_disk(start, tiny_weights, folder, tmp_path):
    service = start(tiny_weights, tmp_path)
    service.wait_until_ready()
    volume = service.post("/v1/volumes", data=zipped(folder), headers={"X-Filename": "series.zip"}).json()["id"]
    assert service.post(f"/v1/volumes/{volume}/source", data=zipped(folder)).status_code == 200
    segments = [{"name": KIDNEY, "region": mark(service, volume, hard_mask())}]
    assert b"Meier" in export(service, volume, "rtstruct", segments).content
    service.stop()
    assert "Meier" not in service.log() and "4711" not in service.log()
    assert not any(b"Meier" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
