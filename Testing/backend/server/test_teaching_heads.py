"""Teaching a head takes long; who waits for an answer does not wait for it."""

import json

import nibabel as nib
import numpy as np
import pytest
from forked_service import ForkedService

EXAMINATIONS = 16


@pytest.fixture(scope="module")
def clinic(tiny_weights, tmp_path_factory):
    """A service whose library holds labelled examinations, and one scan that was sent."""
    folder, random = tmp_path_factory.mktemp("clinic"), np.random.default_rng(4)
    rows = ["id,subject,source,path,region,sequence,diagnosis"]
    for number in range(EXAMINATIONS):
        voxels = random.normal(100, 20, (60, 60, 50))
        voxels[10:50, 10:50, 8:42] += 300 + 200 * (number % 2)
        nib.save(nib.Nifti1Image(voxels.astype(np.int16), np.diag([3.0, 3, 3, 1])), folder / f"{number}.nii.gz")
        rows.append(f"{number},p{number},made,{number}.nii.gz,brain,T1,{('dark', 'bright')[number % 2]}")
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n")
    running = ForkedService(
        tiny_weights,
        folder / "cache",
        MRIFOUNDATION_LIBRARY=str(folder / "library"),
        MRIFOUNDATION_LIBRARY_ROOTS=str(folder),
        MRIFOUNDATION_HEADS=str(folder / "heads"),
        MRIFOUNDATION_LOG="json",
    )
    running.wait_until_ready()
    wanted = {"sources": [str(folder / "volumes.csv")], "profile": "fast"}
    ingest = running.post("/v1/library/collections/clinic/ingest", json=wanted).json()["job"]
    assert running.finished(ingest)["state"] == "done"
    yield running
    running.process.kill()
    running.process.wait()


def finished_in_order(service):
    """Ids of the finished jobs as the log tells them."""
    lines = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]
    return [line["job"] for line in lines if "outcome" in line]


def taught(service, name):
    wanted = {
        "name": name,
        "collection": "clinic",
        "column": "diagnosis",
    }  # at the detail standard: nothing is encoded yet
    answer = service.post("/v1/heads", json=wanted)
    assert answer.status_code == 202, answer.text
    return answer.json()["job"]


def test_a_segmentation_is_answered_while_a_head_is_taught(clinic, head_voxels, oblique_affine):
    volume = clinic.send(head_voxels, oblique_affine).json()["id"]
    teaching = taught(clinic, "brightness")
    while (state := clinic.get(f"/v1/jobs/{teaching}?wait=20").json())["stage"] != "measure":
        assert state["state"] in ("queued", "running"), state
    segmenting = clinic.segment(volume, ["liver"])
    state = clinic.get(f"/v1/jobs/{teaching}").json()
    if state["stage"] != "measure" or state["fraction"] > 1 - 3 / EXAMINATIONS:
        pytest.skip("the examinations were measured before anything else could be asked for")
    assert clinic.finished(segmenting)["state"] == "done"
    assert clinic.finished(teaching)["state"] == "done"
    order = finished_in_order(clinic)
    assert order.index(segmenting) < order.index(teaching)
    assert "brightness" in [head["name"] for head in clinic.get("/v1/heads").json()["heads"]]


def test_teaching_is_cancelled_between_two_examinations(clinic):
    job = taught(clinic, "cancelled")
    clinic.request("DELETE", f"/v1/jobs/{job}")
    assert clinic.finished(job)["state"] == "cancelled"
    assert "cancelled" not in [head["name"] for head in clinic.get("/v1/heads").json()["heads"]]


def test_what_a_head_can_be_taught_from_is_listed_with_its_people_or_why_not(clinic):
    columns = clinic.get("/v1/library/collections/clinic/columns").json()["columns"]
    assert columns[0] == {"column": "diagnosis", "classes": {"bright": 8, "dark": 8}, "unknown": 0, "problem": ""}
    others = {one["column"]: one["problem"] for one in columns[1:]}
    assert "All cases are labelled 'brain'" in others["region"] and "plane" not in others, "the plane is only guessed"
    answer = clinic.get("/v1/library/collections/nowhere/columns")
    assert answer.status_code == 422 and "no collection 'nowhere'" in answer.json()["error"]


def labelled(service, count):
    """The first so many cases of the clinic by their id, each with the label that a person gave it."""
    cases = service.get(f"/v1/library/cases?collection=clinic&limit={count}").json()["cases"]
    return {one["case"]: {"bright": "ill", "dark": "not ill"}[one["facts"]["diagnosis"]] for one in cases}


def test_a_head_is_taught_from_cases_that_a_person_labelled(clinic):
    wanted = {"name": "marked", "cases": labelled(clinic, EXAMINATIONS), "profile": "fast"}
    job = clinic.post("/v1/heads", json=wanted).json()["job"]
    assert clinic.finished(job)["state"] == "done"
    card = clinic.get(f"/v1/jobs/{job}/result").json()
    assert card["trained_on"]["classes"] == {"ill": 8, "not ill": 8} and card["figures"]["auc"] > 0.5


@pytest.mark.parametrize(
    ("count", "label", "reason"), [(3, None, "too few patients"), (EXAMINATIONS, "ill", "at least two classes")]
)
def test_too_few_labelled_cases_and_a_single_class_are_refused(clinic, count, label, reason):
    cases = {case: label or told for case, told in labelled(clinic, count).items()}
    job = clinic.post("/v1/heads", json={"name": "refused", "cases": cases}).json()["job"]
    state = clinic.finished(job)
    assert state["state"] == "failed" and reason in state["error"]


def test_a_head_is_taught_from_one_source_and_not_from_two(clinic):
    for more in ({}, {"collection": "clinic", "cases": {"c1": "ill"}}):
        answer = clinic.post("/v1/heads", json={"name": "unclear", **more})
        assert answer.status_code == 422 and "Name what to learn from" in answer.json()["error"]
