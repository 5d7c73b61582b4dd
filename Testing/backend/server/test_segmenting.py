"""Sending a scan and segmenting it through the service."""

import gzip
import json
import zlib

import numpy as np
import requests


def test_a_scan_is_known_by_its_content_however_it_was_sent(service, head, head_voxels, oblique_affine, head_file):
    geometry = {"shape": head_voxels.shape, "dtype": "int16", "affine": oblique_affine.tolist(), "name": "again"}
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        headers = {"X-Geometry": json.dumps(geometry), "Content-Encoding": encoding}
        assert service.post("/v1/volumes", data=pack(head_voxels.tobytes()), headers=headers).json()["id"] == head
    sent = service.post("/v1/volumes", data=head_file.read_bytes(), headers={"X-Filename": "my head.nii.gz"}).json()
    assert sent["shape"] == list(head_voxels.shape) and sent["name"] == "my head"
    np.testing.assert_allclose(sent["spacing_mm"], [2.0, 2.5, 3.0], atol=1e-4)


def test_a_held_scan_says_how_it_is_encoded(service, head_voxels, oblique_affine):
    volume = service.send(head_voxels[::-1].copy(), oblique_affine, name="flipped").json()["id"]
    assert service.get(f"/v1/volumes/{volume}").json()["encoded"] == []
    job = service.post(f"/v1/volumes/{volume}/encode", json={"profile": "fast"}).json()["job"]
    assert service.finished(job)["state"] == "done"
    assert service.get(f"/v1/volumes/{volume}").json()["encoded"] == ["fast"]
    assert service.get(f"/v1/jobs/{job}/result").status_code == 409


def test_the_table_and_the_labels_agree_on_the_scans_own_grid(service, head, head_voxels, oblique_affine):
    job = service.segment(head, ["left hippocampus", "kidneys", "liver"])
    assert service.finished(job)["state"] == "done"
    result, (labels, geometry) = service.get(f"/v1/jobs/{job}/result").json(), service.labels(job)
    assert labels.shape == head_voxels.shape
    np.testing.assert_allclose(geometry["affine"], oblique_affine)
    voxel_ml = abs(np.linalg.det(oblique_affine)) / 1000
    rows = result["structures"]
    assert [row["value"] for row in rows] == [1, 2, 3] and [row["prompt"] for row in rows][1] == "kidneys"
    assert any(row["in_view"] for row in rows)
    for row in rows:
        places = np.argwhere(labels == row["value"])
        assert row["volume_ml"] == round(len(places) * voxel_ml, 4)
        if row["in_view"]:
            centre = oblique_affine[:3, :3] @ places.mean(axis=0) + oblique_affine[:3, 3]
            np.testing.assert_allclose(row["center_ras_mm"], centre, atol=0.02)
        else:
            assert row["volume_ml"] == 0 and row["center_ras_mm"] is None
    assert [part["name"] for part in rows[1]["parts"]] == ["left kidney", "right kidney"]


def test_the_label_box_is_the_smallest_and_is_packed_only_when_the_client_accepts_it(service, head):
    job = service.segment(head, ["left hippocampus"])
    service.finished(job)
    packed = service.get(f"/v1/jobs/{job}/labels", headers={"Accept-Encoding": "gzip"})
    plain = service.get(f"/v1/jobs/{job}/labels", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    box = np.frombuffer(plain.content, "uint8").reshape(json.loads(plain.headers["X-Geometry"])["shape"])
    for axis in range(3):
        faces = np.moveaxis(box, axis, 0)
        assert faces[0].any() and faces[-1].any()


def test_expanding_gives_each_side_a_value_of_its_own(service, head):
    job = service.segment(head, ["kidneys", "left kidney, brainstem"], expand=True)
    service.finished(job)
    rows = service.get(f"/v1/jobs/{job}/result").json()["structures"]
    assert [row["name"] for row in rows] == ["left kidney", "right kidney", "brainstem"]


def test_a_structure_set_asks_for_what_the_model_knows_of_it(service, head):
    sets = service.get("/v1/info").json()["sets"]
    job = service.segment(head, [], set="abdominal organs", expand=True)
    service.finished(job)
    names = [row["name"] for row in service.get(f"/v1/jobs/{job}/result").json()["structures"]]
    assert "liver" in names and set(names) < set(sets["abdominal organs"])


def test_events_tell_the_way_from_start_to_done(service, head_voxels, oblique_affine):
    volume = service.send(head_voxels[:, ::-1].copy(), oblique_affine).json()["id"]
    job = service.segment(volume, ["liver"])
    states = []
    with service.get(f"/v1/jobs/{job}/events", stream=True) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        states = [json.loads(line[5:]) for line in stream.iter_lines() if line.startswith(b"data:")]
    assert states[-1]["state"] == "done" and states[-1]["fraction"] == 1
    assert all(state["id"] == job for state in states)


def test_info_describes_model_and_vocabulary(service):
    info = service.get("/v1/info").json()
    assert info["api"] == 1 and info["model"]["name"] == "tiny" and info["profiles"] == ["fast", "standard", "fine"]
    known = {structure["name"] for structure in info["structures"] if structure["known"]}
    assert {"left hippocampus", "hippocampus"} <= known and "cochlea" not in known


def test_the_openapi_page_describes_every_route_and_its_key(service):
    schema = requests.get(f"{service.url}/openapi.json", timeout=10).json()
    promised = {
        "/v1/health": {"get"},
        "/v1/info": {"get"},
        "/v1/volumes": {"post"},
        "/v1/volumes/{volume_id}": {"get", "delete"},
        "/v1/volumes/{volume_id}/encode": {"post"},
        "/v1/volumes/{volume_id}/segment": {"post"},
        "/v1/jobs/{job_id}": {"get", "delete"},
        "/v1/jobs/{job_id}/events": {"get"},
        "/v1/jobs/{job_id}/result": {"get"},
        "/v1/jobs/{job_id}/labels": {"get"},
        "/v1/jobs/{job_id}/heatmap": {"get"},
        "/v1/library/collections": {"get"},
        "/v1/library/collections/{collection}/ingest": {"post"},
        "/v1/library/collections/{collection}": {"delete"},
        "/v1/library/cases": {"get"},
        "/v1/library/cases/{case}": {"get", "delete"},
        "/v1/library/cases/{case}/thumbnail": {"get"},
        "/v1/library/cases/{case}/file": {"get"},
        "/v1/volumes/{volume_id}/region": {"post"},
        "/v1/search": {"post"},
        "/v1/search/why": {"post"},
    }
    given = {path: set(methods) for path, methods in schema["paths"].items()}
    assert promised.items() <= given.items()
    methods = [method for path in schema["paths"].values() for method in path.values()]
    assert schema["security"] and all(method["summary"] for method in methods)
