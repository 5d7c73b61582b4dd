"""The library over HTTP: adding, browsing, searching, explaining, removing; against a real service."""

import gzip
import io
import json
import time

import nibabel as nib
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def archive(tmp_path_factory, head_voxels):
    """Four scans with captions, as a manifest, and one outside the folders that the service may read."""
    folder = tmp_path_factory.mktemp("archive")
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    rows = ["id,subject,kind,path,region,sequence,age,caption"]
    for n, (name, subject, caption) in enumerate(
        [("one", "x", "a healthy head"), ("two", "x", "a glioma"), ("three", "y", "a healthy head"), ("four", "z", "")]
    ):
        voxels = np.roll(head_voxels, 3 * n, axis=n % 3)
        nib.save(nib.Nifti1Image(voxels, affine), folder / f"{name}.nii.gz")
        rows.append(f"{name},{subject},image,{name}.nii.gz,brain,T1,{50 + n},{caption}")
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def service(tiny_weights, archive, tmp_path_factory):
    """A service whose library and allowed folder are of this test alone."""
    from forked_service import ForkedService

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MRIFOUNDATION_LIBRARY", str(tmp_path_factory.mktemp("library") / "l"))
        patch.setenv("MRIFOUNDATION_LIBRARY_ROOTS", str(archive))
        running = ForkedService(tiny_weights, tmp_path_factory.mktemp("service"))
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def filled(service, archive):
    """The report of the ingest of the archive into the collection `heads`."""
    return ingested(service, "heads", [str(archive / "volumes.csv")])


def ingested(service, collection, sources, **wanted):
    answer = service.post(
        f"/v1/library/collections/{collection}/ingest", json={"sources": sources, "profile": "fast", **wanted}
    )
    assert answer.status_code == 202, answer.text
    return result(service, answer.json()["job"])


def result(service, job):
    state = service.finished(job)
    assert state["state"] == "done", state
    return service.get(f"/v1/jobs/{job}/result").json()


def searched(service, **wanted):
    answer = service.post("/v1/search", json={"profile": "fast", **wanted})
    assert answer.status_code == 202, answer.text
    return result(service, answer.json()["job"])


def case_named(service, name):
    return next(case for case in service.get("/v1/library/cases").json()["cases"] if case["name"] == name)


@pytest.fixture(scope="module")
def sent(service, filled, archive):
    """The id of scan one, sent as a volume."""
    image = nib.load(archive / "one.nii.gz")
    return service.send(np.asarray(image.dataobj), image.affine, "one").json()["id"]


def test_an_empty_library_is_no_error(start, tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_LIBRARY", str(tmp_path / "none"))
    service = start(tiny_weights, tmp_path / "cache")
    assert service.get("/v1/library/collections").json() == {"collections": []}
    assert service.get("/v1/library/cases").json() == {"cases": [], "total": 0}
    assert service.get("/v1/library/cases/abc").status_code == 404
    service.wait_until_ready()
    assert searched(service, text="glioma")["notes"] == ["The library is empty; add scans to it."]


def test_ingest_reports_and_fills_a_collection(service, filled):
    assert (filled["collection"], filled["added"], filled["bad"]) == ("heads", 4, [])
    (collection,) = service.get("/v1/library/collections").json()["collections"]
    assert (collection["name"], collection["cases"], collection["same_model"]) == ("heads", 4, True)
    assert collection["regions"] > 0 and collection["bytes"] > 0 and collection["model"].startswith("tiny-0-")


def test_cases_come_page_by_page(service, filled):
    pages = [service.get(f"/v1/library/cases?collection=heads&offset={n}&limit=3").json() for n in (0, 3)]
    assert [page["total"] for page in pages] == [4, 4]
    assert {case["name"] for page in pages for case in page["cases"]} == {"one", "two", "three", "four"}
    case = case_named(service, "two")
    assert case["facts"]["age"] == 51 and case["caption"] == "a glioma" and case["guessed"] == ["plane"]
    assert service.get(f"/v1/library/cases/{case['case']}").json() == case


def test_a_case_has_a_picture_and_its_scan(service, filled, archive):
    case = case_named(service, "two")["case"]
    picture = service.get(f"/v1/library/cases/{case}/thumbnail")
    assert picture.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).size == (336, 112)
    sent = nib.Nifti1Image.from_bytes(gzip.decompress(service.get(f"/v1/library/cases/{case}/file").content))
    original = nib.load(archive / "two.nii.gz")
    np.testing.assert_array_equal(np.asarray(sent.dataobj), np.asarray(original.dataobj))
    np.testing.assert_allclose(sent.affine, original.affine)


def test_a_scan_that_has_moved_is_missed_in_a_sentence(service, filled, archive):
    case = case_named(service, "four")["case"]
    (archive / "four.nii.gz").rename(archive / "moved.nii.gz")
    try:
        answer = service.get(f"/v1/library/cases/{case}/file")
    finally:
        (archive / "moved.nii.gz").rename(archive / "four.nii.gz")
    assert answer.status_code == 404 and "cannot be read any more" in answer.json()["error"]


def test_a_scan_finds_the_others_and_not_its_own_patient(service, sent):
    found = searched(service, volume=sent)
    assert {hit["name"] for hit in found["hits"]} == {"three", "four"} and found["searched"] == 2
    assert (
        found["hits"][0]["score"] >= found["hits"][1]["score"] and "Both show the brain." in found["hits"][0]["shared"]
    )
    assert {hit["name"] for hit in searched(service, volume=sent, exclude_same_patient=False)["hits"]} >= {"two"}
    filtered = searched(service, volume=sent, filters={"age": [53, None]}, collections=["heads"])
    assert [hit["name"] for hit in filtered["hits"]] == ["four"]


def test_a_search_that_is_quick_enough_brings_its_result_along(service, sent):
    wanted = {"volume": sent, "profile": "fast"}
    at_once = service.post("/v1/search?wait=30", json=wanted).json()
    assert at_once["result"]["hits"] and at_once["result"] == result(service, at_once["job"])
    followed = service.post("/v1/search", json=wanted).json()
    assert followed["result"] is None and result(service, followed["job"]) == at_once["result"]
    refused = service.post("/v1/search?wait=30", json={"text": "glioma", "collections": ["nowhere"]}).json()
    assert refused["result"] is None and service.finished(refused["job"])["state"] == "failed"
    assert service.post("/v1/search?wait=1e9", json=wanted).status_code == 422


def test_a_marked_box_and_a_segment_search_by_region(service, sent, head_voxels):
    job = service.segment(sent, ["left hippocampus", "liver"])
    service.finished(job)
    labels, geometry = service.labels(job)
    value = int(np.unique(labels)[-1])
    by_segment = searched(service, volume=sent, segment={"job": job, "values": [value]})
    box = (labels == value)[tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))]
    header = {"X-Geometry": json.dumps(geometry), "Content-Encoding": "gzip"}
    body = gzip.compress(box.astype(np.uint8).tobytes())
    region = service.post(f"/v1/volumes/{sent}/region", data=body, headers=header).json()["region"]
    by_region = searched(service, volume=sent, region=region)
    assert by_segment["hits"] and by_segment["hits"] == by_region["hits"]
    assert all(hit["structure"] for hit in by_region["hits"])


def test_words_are_looked_up_and_weights_without_words_say_so(service, filled):
    found = searched(service, text="glioma")
    assert [(hit["name"], hit["score"]) for hit in found["hits"]] == [("two", None)]
    assert "cannot compare scans with words" in found["notes"][0]


def test_why_gives_structures_a_rigid_motion_and_two_heat_maps(service, sent):
    case = case_named(service, "three")["case"]
    job = service.post("/v1/search/why", json={"volume": sent, "case": case, "profile": "fast"}).json()["job"]
    why = result(service, job)
    assert why["regions"] and all(
        one["query"] == one["case"] and -1 <= one["similarity"] <= 1 for one in why["regions"]
    )
    assert why["to_query"] is None or abs(np.linalg.det(np.array(why["to_query"])[:3, :3]) - 1) < 1e-6
    for which in ("query", "case"):
        answer = service.get(f"/v1/jobs/{job}/heatmap?which={which}")
        geometry = json.loads(answer.headers["X-Geometry"])
        values = np.frombuffer(answer.content, "<f4")
        assert geometry["shape"] == geometry["full_shape"] and values.size == np.prod(geometry["shape"])
        assert values.min() >= 0 and values.max() <= 1 and np.shape(geometry["affine"]) == (4, 4)


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        ("/v1/library/collections/x/ingest", {"sources": []}, 422, "sources"),
        ("/v1/library/collections/-bad-/ingest", {"sources": ["/"]}, 422, "cannot name a collection"),
        ("/v1/library/collections/x/ingest", {"sources": ["a"], "kind": "odd"}, 422, "kind"),
        ("/v1/search", {}, 422, "nothing to search for"),
        ("/v1/search", {"volume": "0" * 64}, 404, "send it again"),
        ("/v1/search", {"text": "x", "filters": {"case": "1"}}, 422, "no filter 'case'"),
        ("/v1/search", {"text": "x", "filters": {"age": "old"}}, 422, "number"),
        ("/v1/search", {"text": "x", "k": 0}, 422, "k"),
        ("/v1/search", {"text": "x", "region": "ab"}, 422, "needs its volume"),
        ("/v1/search/why", {"volume": "0" * 64, "case": "x"}, 404, "send it again"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(service, filled, path, body, code, words):
    answer = service.post(path, json=body)
    assert answer.status_code == code and words in answer.json()["error"]


def test_a_region_must_fit_its_scan(service, sent, head_voxels):
    shape = list(head_voxels.shape)
    for geometry, body, words in (
        ({"start": [0, 0, 0], "shape": [2, 2, 2], "full_shape": [9, 9, 9]}, b"\1" * 8, "mark it on this scan"),
        ({"start": [shape[0] - 1, 0, 0], "shape": [2, 2, 2], "full_shape": shape}, b"\1" * 8, "beyond the scan"),
        ({"start": [0, 0, 0], "shape": [2, 2, 2], "full_shape": shape}, b"\1" * 7, "one byte a voxel"),
        ({"start": [0, 0, 0], "shape": [2, 2, 2], "full_shape": shape}, b"\0" * 8, "is empty"),
        ({"shape": [2, 2, 2]}, b"\1" * 8, "start"),
    ):
        answer = service.post(f"/v1/volumes/{sent}/region", data=body, headers={"X-Geometry": json.dumps(geometry)})
        assert answer.status_code == 422 and words in answer.json()["error"]


def test_a_path_outside_the_allowed_folders_is_refused(service, filled, tmp_path):
    job = service.post("/v1/library/collections/x/ingest", json={"sources": [str(tmp_path)]}).json()["job"]
    state = service.finished(job)
    assert state["state"] == "failed" and "outside the folders" in state["error"]


def test_other_work_is_done_between_two_scans_of_an_ingest(service, sent, archive, head_voxels):
    folder = archive / "many"
    folder.mkdir()
    for n in range(12):
        nib.save(
            nib.Nifti1Image(np.roll(head_voxels, n + 1, axis=2), np.diag([2.9, 3, 3, 1])), folder / f"{n:02}.nii.gz"
        )
    job = service.post(
        "/v1/library/collections/many/ingest", json={"sources": [str(folder)], "profile": "fast"}
    ).json()["job"]
    while not (state := service.get(f"/v1/jobs/{job}").json())["message"].startswith("1 of 12"):
        assert state["state"] in ("queued", "running"), state
        time.sleep(0.01)
    service.finished(service.segment(sent, ["liver"]))
    state = service.get(f"/v1/jobs/{job}").json()
    assert state["state"] == "running" and state["fraction"] < 1
    service.request("DELETE", f"/v1/jobs/{job}")
    assert service.finished(job)["state"] == "cancelled"
    many = next(one for one in service.get("/v1/library/collections").json()["collections"] if one["name"] == "many")
    assert 0 < many["cases"] < 12
    assert service.request("DELETE", "/v1/library/collections/many").json() == {"removed": many["cases"]}


def test_two_ingests_are_done_one_after_the_other(service, archive):
    jobs = [
        service.post(
            f"/v1/library/collections/{name}/ingest",
            json={"sources": [str(archive / f"{file}.nii.gz")], "profile": "fast"},
        ).json()["job"]
        for name, file in (("first", "one"), ("second", "two"))
    ]
    assert [result(service, job)["collection"] for job in jobs] == ["first", "second"]
    for name in ("first", "second"):
        assert service.request("DELETE", f"/v1/library/collections/{name}").json() == {"removed": 1}


def test_a_case_and_a_collection_can_be_removed(service, filled, archive):
    ingested(service, "gone", [str(archive / "one.nii.gz"), str(archive / "two.nii.gz")])
    case = service.get("/v1/library/cases?collection=gone").json()["cases"][0]["case"]
    assert service.request("DELETE", f"/v1/library/cases/{case}").json() == {"removed": 1}
    assert service.request("DELETE", f"/v1/library/cases/{case}").status_code == 404
    assert service.request("DELETE", "/v1/library/collections/gone").json() == {"removed": 1}
    assert service.request("DELETE", "/v1/library/collections/gone").status_code == 404
