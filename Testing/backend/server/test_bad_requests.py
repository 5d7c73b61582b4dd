"""Whatever is sent, the answer is one plain sentence, and the service goes on answering."""

import gzip
import http.client
import io
import json
import zipfile

import nibabel as nib
import numpy as np
import pytest
import requests

EYE = np.eye(4).tolist()
GEOMETRY = {"shape": [4, 4, 4], "dtype": "int16", "affine": EYE, "name": "bad"}
BODY = bytes(128)


def array(body=BODY, encoding=None, **changed):
    headers = {"X-Geometry": json.dumps({**GEOMETRY, **changed})}
    return body, headers | ({"Content-Encoding": encoding} if encoding else {})


def file(body, name="scan.nii.gz"):
    return body, {"X-Filename": name}


def nifti(voxels, affine=None):
    return nib.Nifti1Image(voxels, np.eye(4) if affine is None else affine).to_bytes()


def zip_of(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


GOOD_NIFTI = nifti(np.ones((8, 8, 8), np.int16))
HUGE_HEADER = GOOD_NIFTI[:42] + np.array([30000, 30000, 30000], "<i2").tobytes() + GOOD_NIFTI[48:]

BAD_VOLUMES = {
    "no header": (BODY, {}),
    "both headers": (BODY, array()[1] | file(BODY)[1]),
    "geometry is no JSON": (BODY, {"X-Geometry": "shape 4 4 4"}),
    "geometry is a list": (BODY, {"X-Geometry": "[1, 2, 3]"}),
    "geometry is nested a thousand times": (BODY, {"X-Geometry": "[" * 3000}),
    "two axes": array(shape=[4, 4]),
    "an axis of zero": array(shape=[0, 4, 4]),
    "a negative axis": array(shape=[-4, 4, 4]),
    "an axis that is text": array(shape=["four", 4, 4]),
    "a volume beyond memory": array(shape=[8000, 8000, 8000]),
    "an unknown dtype": array(dtype="complex64"),
    "an object dtype": array(dtype="object"),
    "an affine with NaN": (BODY, {"X-Geometry": json.dumps({**GEOMETRY, "affine": [[float("nan")] * 4] * 4})}),
    "an affine with infinity": (BODY, {"X-Geometry": json.dumps({**GEOMETRY, "affine": [[float("inf")] * 4] * 4})}),
    "an affine of zeros": array(affine=[[0, 0, 0, 0]] * 3 + [[0, 0, 0, 1]]),
    "an affine of three rows": array(affine=EYE[:3]),
    "a last row that is not 0 0 0 1": array(affine=[*EYE[:3], [0, 0, 1, 1]]),
    "too few voxels": array(BODY[:-1]),
    "too many voxels": array(BODY + b"x"),
    "no voxels": array(b""),
    "only NaN": array(np.full(64, np.nan, "<f4").tobytes(), dtype="float32"),
    "a damaged gzip": array(b"\x1f\x8b" + BODY, "gzip"),
    "half a gzip": array(gzip.compress(bytes(range(128)))[:60], "gzip"),
    "a gzip bomb": array(gzip.compress(bytes(50_000_000)), "gzip"),
    "an unknown encoding": array(encoding="br"),
    "an empty file": file(b""),
    "a file of text": file(b"hello, I am no scan", "notes.txt"),
    "a truncated file": file(GOOD_NIFTI[:700], "scan.nii"),
    "a damaged gzip file": file(gzip.compress(GOOD_NIFTI)[:-20]),
    "a header that promises 27000 gigavoxels": file(HUGE_HEADER, "scan.nii"),
    "a zip without a scan": file(zip_of(**{"readme.txt": "nothing here"}), "series.zip"),
    "a damaged zip": file(zip_of(**{"a.dcm": GOOD_NIFTI})[:80], "series.zip"),
    "a zip that climbs out": file(zip_of(**{"../../../outside.nii": "x"}), "series.zip"),
    "a picture": file(b"\x89PNG\r\n\x1a\n" + BODY, "scan.png"),
    "a nameless file": file(GOOD_NIFTI, "/"),
}


@pytest.fixture(autouse=True)
def still_answering(service):
    yield
    assert service.get("/v1/health").json()["status"] == "ok"
    assert service.process.poll() is None


def assert_refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    assert set(answer.json()) == {"error"}
    sentence = answer.json()["error"]
    assert sentence.endswith(".") and 15 < len(sentence) < 400 and "\n" not in sentence and "Traceback" not in sentence


@pytest.mark.parametrize("what", BAD_VOLUMES)
def test_a_bad_volume_is_refused_in_one_sentence(service, what):
    body, headers = BAD_VOLUMES[what]
    assert_refused(service.post("/v1/volumes", data=body, headers=headers), 422)


ODD_VOLUMES = {
    "a single slice": (5, 6, 1),
    "a single voxel": (1, 1, 1),
    "a single column": (1, 1, 40),
}


@pytest.mark.parametrize("what", ODD_VOLUMES)
def test_an_odd_but_honest_volume_is_segmented(service, what):
    voxels = np.arange(np.prod(ODD_VOLUMES[what]), dtype=np.int16).reshape(ODD_VOLUMES[what])
    volume = service.send(voxels, np.eye(4)).json()["id"]
    job = service.segment(volume, ["liver"])
    assert service.finished(job)["state"] == "done"
    assert service.labels(job)[0].shape == voxels.shape


def test_a_constant_volume_is_segmented_or_refused_in_one_sentence(service):
    sent = service.send(np.full((20, 20, 20), 7, np.uint8), np.eye(4))
    if sent.status_code != 200:
        assert_refused(sent, 422)
        return
    assert service.finished(service.segment(sent.json()["id"], ["liver"]))["state"] == "done"


BAD_PROMPTS = {
    "no prompt": {"prompts": []},
    "an empty prompt": {"prompts": [" "]},
    "an unknown structure": {"prompts": ["left flux capacitor"]},
    "a structure that was not learned": {"prompts": ["cochlea"]},
    "an unknown set": {"prompts": [], "set": "all of it"},
    "an unknown profile": {"prompts": ["liver"], "profile": "finest"},
    "prompts that are a string": {"prompts": "liver"},
    "a prompt that is a number": {"prompts": [5]},
    "a very long prompt": {"prompts": ["liver " * 200]},
    "too many prompts": {"prompts": ["liver"] * 300},
    "expand that is text": {"prompts": ["liver"], "expand": "perhaps"},
}


@pytest.mark.parametrize("what", BAD_PROMPTS)
def test_a_bad_prompt_is_refused_in_one_sentence(service, head, what):
    assert_refused(service.post(f"/v1/volumes/{head}/segment", json=BAD_PROMPTS[what]), 422)


def test_an_unknown_prompt_comes_back_with_the_nearest_names(service, head):
    refused = service.post(f"/v1/volumes/{head}/segment", json={"prompts": ["left kidney stone"]})
    assert_refused(refused, 422)
    assert "nearest (left kidney" in refused.json()["error"]


def test_a_refusal_that_quotes_half_a_character_can_be_sent(service):
    body = b'{"text": "glioma", "filters": {"s\\ud800x": 1}}'
    refused = service.post("/v1/search", data=body, headers={"Content-Type": "application/json"})
    assert_refused(refused, 422)
    assert "There is no filter 's?x'" in refused.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"prompts": ["liver"'])
def test_a_body_that_is_no_json_object_is_refused(service, head, body):
    headers = {"Content-Type": "application/json"}
    assert_refused(service.post(f"/v1/volumes/{head}/segment", data=body, headers=headers), 422)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/volumes/" + "0" * 64,
        "/v1/volumes/..%2f..%2fetc%2fpasswd",
        "/v1/volumes/short",
        "/v1/jobs/none",
        "/v1/jobs/none/result",
        "/v1/jobs/none/labels",
        "/v1/jobs/none/events",
        "/v1/nowhere",
        "/",
    ],
)
def test_what_is_not_held_is_a_404_in_one_sentence(service, path):
    assert_refused(service.get(path), 404)


def test_a_wrong_method_is_told(service):
    assert_refused(service.request("DELETE", "/v1/info"), 405)


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "1e9", "soon"])
def test_a_bad_wait_is_refused(service, head, wait):
    job = service.segment(head, ["liver"])
    assert_refused(service.get(f"/v1/jobs/{job}", params={"wait": wait}), 422)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(service):
    host, port = service.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.putrequest("POST", "/v1/volumes")
    for name, value in {**service.headers, "Content-Length": str(10**12)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413 and "larger than" in json.loads(answer.read())["error"]
    connection.close()


def test_a_body_of_unknown_length_beyond_the_limit_is_cut_off(service, head):
    pieces = (b"[" * 100_000 for _ in range(30))
    answer = service.post(f"/v1/volumes/{head}/segment", data=pieces, headers={"Content-Type": "application/json"})
    assert_refused(answer, 413)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
@pytest.mark.parametrize("path", ["/v1/info", "/v1/volumes", "/v1/jobs/none", "/v1/nowhere"])
def test_without_the_right_key_nothing_but_health_is_told(service, path, headers):
    answer = requests.get(service.url + path, headers=headers, timeout=10)
    assert_refused(answer, 401)
    assert requests.get(f"{service.url}/v1/health", timeout=10).status_code == 200
