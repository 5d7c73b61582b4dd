"""Teaching structures over HTTP: from contours, answers and regions; they outlive the service and are asked for like any other."""

import json

import numpy as np
import pytest
from forked_service import ForkedService
from taught_scans import AFFINE, a_body, dice


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("teaching")


@pytest.fixture(scope="module")
def serve(tiny_weights, folder):
    """Starts services on the same folders, with the tiny or with other weights."""
    running = []

    def serve(weights=tiny_weights):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MRIFOUNDATION_STRUCTURES", str(folder / "structures"))
            running.append(ForkedService(weights, folder / "cache"))
        running[-1].wait_until_ready()
        return running[-1]

    yield serve
    for one in running:
        one.process.kill()
        one.process.wait()


@pytest.fixture(scope="module")
def school(serve):
    return serve()


def region(service, volume, mask):
    geometry = {"start": [0, 0, 0], "shape": mask.shape, "full_shape": mask.shape}
    sent = service.post(
        f"/v1/volumes/{volume}/region",
        data=mask.astype(np.uint8).tobytes(),
        headers={"X-Geometry": json.dumps(geometry)},
    )
    return sent.json()["region"]


def a_case(service, seed):
    voxels, ball = a_body(seed)
    volume = service.send(voxels, AFFINE, f"body {seed}").json()["id"]
    return volume, ball


def teach(service, **wanted):
    answer = service.post("/v1/structures", json={"profile": "fast", **wanted})
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    state = service.finished(job)
    return state, service.get(f"/v1/jobs/{job}/result").json()


def found(service, prompt, seed):
    volume, ball = a_case(service, seed)
    job = service.segment(volume, [prompt])
    assert service.finished(job)["state"] == "done"
    return service.labels(job)[0] == 1, ball


def test_a_region_teaches_a_name_that_outlives_the_service_and_goes_when_it_is_deleted(school, serve):
    volume, ball = a_case(school, 0)
    state, taught = teach(
        school, name="lamp", synonyms=["light bulb"], volume=volume, region=region(school, volume, ball)
    )
    assert state["state"] == "done", state
    assert taught["usable"] and taught["cases"][0]["volume"] == volume and not taught["improves"]
    named = {one["name"]: one for one in school.get("/v1/info").json()["structures"]}
    assert named["lamp"]["taught"] and named["lamp"]["known"]
    answer, truth = found(school, "light bulbs", 7)
    assert dice(answer, truth) > 0.4
    again = serve()
    assert np.array_equal(found(again, "lamp", 7)[0], answer)
    assert again.request("DELETE", "/v1/structures/lamp").status_code == 204
    assert again.request("DELETE", "/v1/structures/lamp").status_code == 404
    refused = school.post(f"/v1/volumes/{volume}/segment", json={"prompts": ["lamp"]})
    assert refused.status_code == 422 and "not known" in refused.json()["error"]


def test_a_corrected_contour_teaches_and_a_further_one_improves(school):
    volume, ball = a_case(school, 0)
    opened = school.post(
        f"/v1/volumes/{volume}/refine",
        json={"region": region(school, volume, ball), "name": "lamp", "profile": "fast", "marks": []},
    )
    contour = json.loads(opened.headers["X-Contour"])["segment"]
    state, one = teach(school, name="torch", volume=volume, contour=contour)
    assert state["state"] == "done" and len(one["cases"]) == 1 and one["figures"] == {}
    second, ball = a_case(school, 1)
    _, two = teach(school, name="torch", volume=second, region=region(school, second, ball))
    assert len(two["cases"]) == 2 and two["figures"]["scans"] == 2
    (listed,) = school.get("/v1/structures").json()["structures"]
    assert listed == two


def test_slices_and_regions_without_annotation_are_no_background(school):
    volume, ball = a_case(school, 0)
    part = ball & (np.arange(ball.shape[2]) == 17)
    wanted = {"volume": volume, "region": region(school, volume, part)}
    _, taught = teach(school, name="slice lamp", slices="axial", **wanted)
    assert taught["cases"][0]["slices"] == 1
    known = np.broadcast_to(np.arange(ball.shape[2]) == 17, ball.shape)
    _, same = teach(school, name="slice bulb", unlabelled=region(school, volume, ~known), **wanted)
    assert same["cases"][0]["slices"] == 1


def test_other_weights_say_so_and_learn_from_the_scans_that_are_held(school, serve, reading_weights):
    volume, ball = a_case(school, 0)
    teach(school, name="beacon", volume=volume, region=region(school, volume, ball))
    other = serve(reading_weights)
    listed = {one["name"]: one for one in other.get("/v1/structures").json()["structures"]}
    assert not listed["beacon"]["usable"] and "taught for other weights" in listed["beacon"]["problem"]
    refused = other.post(f"/v1/volumes/{volume}/segment", json={"prompts": ["beacon"]})
    assert refused.status_code == 422 and "taught for other weights" in refused.json()["error"]
    job = other.post("/v1/structures/beacon/refresh").json()["job"]
    assert other.finished(job)["state"] == "done"
    assert other.get(f"/v1/jobs/{job}/result").json()["usable"]
    assert found(other, "beacon", 0)[0].any()


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ({"name": "liver"}, 422, "has 'liver' already"),
        ({"name": "basal ganglia", "improve": True}, 422, "several structures"),
        ({"name": "lantern", "region": "0" * 16}, 404, "No region"),
        ({"name": "lantern", "region": None}, 422, "exactly one of contour, segment and region"),
        ({"name": "lantern", "slices": "upside down"}, 422, "slices"),
        ({"name": "lantern", "volume": "0" * 64}, 404, "No volume"),
    ],
)
def test_what_cannot_be_taught_is_refused_at_once(school, wanted, code, words):
    volume, ball = a_case(school, 0)
    whole = {"name": "lantern", "volume": volume, "region": region(school, volume, ball)}
    answer = school.post("/v1/structures", json=whole | wanted)
    assert answer.status_code == code and words in answer.json()["error"]
