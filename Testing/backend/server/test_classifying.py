"""Heads and reports through the service: cards, answers with heat maps, drafts as files, and what is refused."""

import io
import json

import numpy as np
import pydicom
import pytest

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.fitting import Cases, fit_head
from mrifoundation.tasks.classify.head import save_head


@pytest.fixture(scope="module")
def hospital(tiny_weights, tmp_path_factory):
    """A service with two heads of its own: one over the liver's volume, one that wants two series of a heart."""
    from forked_service import ForkedService

    from mrifoundation.model import load_card

    folder, random = tmp_path_factory.mktemp("heads"), np.random.default_rng(0)
    labels = np.repeat(["healthy", "ill"], 8)
    values = np.stack([np.where(labels == "ill", 5, -2) + random.normal(0, 1, 16), random.normal(0, 1, 16)], axis=1)
    cases = Cases(values, ("log volume of liver", "presence of liver"), labels, np.array([str(n) for n in range(16)]))
    shared = {"question": "Ill?", "classes": ("healthy", "ill"), "kinds": ("lesion",), "structures": ("liver",)}
    card = HeadCard("liver-disease", "Liver disease", model_id=load_card(tiny_weights).model_id, **shared)
    save_head(folder, fit_head(card, cases))
    two = HeadCard("heart-disease", "Heart disease", inputs=("end-diastole", "end-systole"), **shared)
    save_head(folder, fit_head(two, cases))
    patch = pytest.MonkeyPatch()
    patch.setenv("MRIFOUNDATION_HEADS", str(folder))
    patch.setenv("MRIFOUNDATION_LIBRARY", str(folder / "library"))
    running = ForkedService(tiny_weights, tmp_path_factory.mktemp("hospital"))
    patch.undo()
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def volume(hospital, head_voxels, oblique_affine):
    return hospital.send(head_voxels, oblique_affine).json()["id"]


def done(service, address, **wanted):
    answer = service.post(address, json={"profile": "fast", **wanted})
    assert answer.status_code == 202, answer.text
    state = service.finished(answer.json()["job"])
    return answer.json()["job"], state


def test_heads_are_listed_with_what_they_were_trained_on(hospital):
    heads = {card["name"]: card for card in hospital.get("/v1/heads").json()["heads"]}
    assert heads["liver-disease"]["inputs"] == "1 series"
    assert heads["heart-disease"]["inputs"] == ["end-diastole", "end-systole"]
    assert {"title", "classes", "question", "trained_on", "figures"} <= set(heads["liver-disease"])


def test_an_answer_comes_with_its_heat_map_on_the_scans_grid(hospital, volume, head_voxels):
    job, state = done(hospital, f"/v1/volumes/{volume}/classify", heads=["liver-disease"])
    assert state["state"] == "done", state
    told = hospital.get(f"/v1/jobs/{job}/result").json()
    assert told["scan"]["plane"] == "3D" and told["scan"]["sentence"].startswith("The scan is a 3-D volume")
    (answer,) = told["answers"]
    assert answer["applicable"] and sum(answer["probabilities"].values()) == pytest.approx(1)
    assert all(low <= answer["probabilities"][name] <= high for name, (low, high) in answer["intervals"].items())
    assert {"what", "value", "unit", "norm", "percentile", "sentence"} <= set(answer["evidence"][0])
    sent = hospital.get(f"/v1/jobs/{job}/heatmap?head=liver-disease")
    geometry = json.loads(sent.headers["X-Geometry"])
    values = np.frombuffer(sent.content, "<f4").reshape(geometry["shape"])
    assert geometry["full_shape"] == list(head_voxels.shape) and values.max() == 1 and values.min() >= 0


def test_a_head_that_the_scan_is_not_meant_for_says_so_and_has_no_heat_map(hospital, volume):
    job, _ = done(hospital, f"/v1/volumes/{volume}/classify", heads=["heart-disease"])
    (answer,) = hospital.get(f"/v1/jobs/{job}/result").json()["answers"]
    assert not answer["applicable"] and "2 series" in answer["reason"] and answer["probabilities"] == {}
    assert hospital.get(f"/v1/jobs/{job}/heatmap?head=heart-disease").status_code == 404


def test_one_request_asks_heads_of_one_series_and_of_two(hospital, volume):
    asked = {"heads": ["liver-disease", "heart-disease"], "study": [volume, volume]}
    job, _ = done(hospital, f"/v1/volumes/{volume}/classify", **asked)
    one, two = hospital.get(f"/v1/jobs/{job}/result").json()["answers"]
    assert one["applicable"] and one["caution"].startswith("Of the series, only the first was looked at.")
    assert two["applicable"] and "first was looked at" not in two["caution"]


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ({"sentence": "a brain"}, 422, "versus"),
        ({"study": ["0" * 64]}, 422, "does not hold the volume"),
        ({"age": 400}, 422, "age"),
        ({"sex": "x"}, 422, "sex"),
    ],
)
def test_requests_that_cannot_be_meant_are_refused_at_once(hospital, volume, wanted, code, words):
    answer = hospital.post(f"/v1/volumes/{volume}/classify", json=wanted)
    assert answer.status_code == code and words in answer.json()["error"]


def test_an_unknown_head_fails_the_job_with_the_names_there_are(hospital, volume):
    _, state = done(hospital, f"/v1/volumes/{volume}/classify", heads=["gout"])
    assert state["state"] == "failed" and "liver-disease" in state["error"]


def test_a_report_is_sent_as_sections_html_pdf_and_dicom(hospital, volume):
    job, state = done(hospital, f"/v1/volumes/{volume}/report", heads=["liver-disease"], prior=volume, age=50, sex="F")
    assert state["state"] == "done", state
    result = hospital.get(f"/v1/jobs/{job}/result").json()
    titles = [section["title"] for section in result["sections"]]
    assert titles[0] == "Technique" and titles[-1] == "Limits" and "Comparison with the prior scan" in titles
    told = [sentence for section in result["sections"] for sentence in section["sentences"]]
    assert all(isinstance(sentence["facts"], dict) for sentence in told)
    assert result["html"].startswith("<!doctype html>")
    assert hospital.get(f"/v1/jobs/{job}/report.pdf").content.startswith(b"%PDF-")
    document = pydicom.dcmread(io.BytesIO(hospital.get(f"/v1/jobs/{job}/report.dcm").content))
    assert document.Modality == "SR"


def test_a_segmentation_has_no_report(hospital, volume):
    job = hospital.segment(volume, ["liver"])
    hospital.finished(job)
    assert hospital.get(f"/v1/jobs/{job}/report.pdf").status_code == 409
    assert hospital.get(f"/v1/jobs/{job}/heatmap").status_code == 404


def test_a_head_cannot_be_taught_from_an_empty_library(hospital):
    job = hospital.post("/v1/heads", json={"name": "new", "collection": "none"}).json()["job"]
    state = hospital.finished(job)
    assert state["state"] == "failed" and "library" in state["error"]
