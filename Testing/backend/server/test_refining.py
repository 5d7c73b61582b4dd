"""Correcting contours through the service: what is answered, what stays, and what survives a restart."""

import json

import numpy as np
import pytest

RAS_INSIDE, RAS_OUTSIDE = (0, 0, 0), (900, 0, 0)
LARGE, SMALL = (12, 22, 18), (31, 20, 17)  # middles of the two balls


@pytest.fixture(scope="module")
def balls():
    """int16 [40, 44, 36]: two bright balls, of 14 and 10 mm in the voxels of `oblique_affine`, in a noisy ground."""
    random = np.random.default_rng(5)
    voxels = random.normal(100, 8, (40, 44, 36))
    for middle, radius in ((LARGE, 14), (SMALL, 10)):
        away = (np.indices(voxels.shape).transpose(1, 2, 3, 0) - middle) * (2.0, 2.5, 3.0)
        voxels[np.linalg.norm(away, axis=-1) <= radius] += 150
    return voxels.astype(np.int16)


@pytest.fixture(scope="module")
def head(service, balls, oblique_affine):
    return service.send(balls, oblique_affine, name="balls").json()["id"]


def refine(service, volume, **wanted):
    answer = service.post(f"/v1/volumes/{volume}/refine", json={"profile": "fast", **wanted})
    assert answer.status_code == 200, answer.text
    return answer


def contour_of(answer):
    return json.loads(answer.headers["X-Contour"])


def apply(labels, answer):
    """`labels` with the box that an answer carries."""
    geometry = json.loads(answer.headers["X-Geometry"])
    box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    labels = labels.copy()
    labels[box] = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])
    return labels


def whole(service, volume, segment, shape):
    return apply(np.zeros(shape, np.uint8), service.get(f"/v1/volumes/{volume}/refine/{segment}/labels"))


def click(voxel, positive=True):
    return {"kind": "point", "points": [list(map(float, voxel))], "positive": positive, "space": "index"}


def test_a_click_alone_draws_a_structure_that_holds_it(service, head, balls, oblique_affine):
    answer = refine(service, head, marks=[click(LARGE)], name="bright part")
    labels, state = apply(np.zeros(balls.shape, np.uint8), answer), contour_of(answer)
    truth = balls > 180
    truth[22:] = False
    assert 2 * (labels * truth).sum() / (labels.sum() + truth.sum()) > 0.9
    assert labels[LARGE] == 1 and labels[22:].sum() == 0 and state["name"] == "bright part"
    assert state["position"] == state["steps"] == 1
    assert state["volume_ml"] == round(labels.sum() * abs(np.linalg.det(oblique_affine)) / 1000, 4)
    np.testing.assert_array_equal(labels, whole(service, head, state["segment"], labels.shape))


def test_only_the_changed_box_comes_back_and_earlier_marks_hold(service, head, balls):
    answer = refine(service, head, marks=[click(LARGE)])
    segment, labels = contour_of(answer)["segment"], apply(np.zeros(balls.shape, np.uint8), answer)
    inside = np.argwhere(labels)[0]
    answer = refine(service, head, segment=segment, marks=[click(inside, positive=False)])
    after = apply(labels, answer)
    assert after[tuple(inside)] == 0 and after[LARGE] == 1
    changed, start = after != labels, json.loads(answer.headers["X-Geometry"])["start"]
    assert np.argwhere(changed).min(axis=0).tolist() == start
    np.testing.assert_array_equal(after, whole(service, head, segment, after.shape))


def test_a_contour_begins_from_words_an_answer_or_a_mask(service, head, balls):
    job = service.segment(head, ["liver"])
    service.finished(job)
    labels, _ = service.labels(job)
    from_words = refine(service, head, prompt="liver")
    np.testing.assert_array_equal(apply(np.zeros(labels.shape, np.uint8), from_words), labels)
    from_answer = contour_of(refine(service, head, begin={"job": job, "value": 1}))
    np.testing.assert_array_equal(whole(service, head, from_answer["segment"], labels.shape), labels)
    geometry = {"start": [10, 10, 10], "shape": [4, 5, 6], "full_shape": list(balls.shape)}
    headers = {"X-Geometry": json.dumps(geometry)}
    region = service.post(f"/v1/volumes/{head}/region", data=bytes([1]) * 120, headers=headers).json()["region"]
    from_mask = contour_of(refine(service, head, region=region))
    assert whole(service, head, from_mask["segment"], labels.shape).sum() == 120


def test_a_brush_is_taken_exactly(service, head, balls):
    geometry = {"start": [5, 6, 7], "shape": [2, 2, 2], "full_shape": list(balls.shape)}
    headers = {"X-Geometry": json.dumps(geometry)}
    region = service.post(f"/v1/volumes/{head}/region", data=bytes([1] * 8), headers=headers).json()["region"]
    answer = refine(service, head, marks=[{"kind": "brush", "region": region}])
    labels = apply(np.zeros(balls.shape, np.uint8), answer)
    assert labels.sum() == 8 and labels[5:7, 6:8, 7:9].all()


def test_undo_and_redo_go_all_the_way(service, head, balls):
    segment, states = None, [np.zeros(balls.shape, np.uint8)]
    for voxel, positive in ((LARGE, True), ((10, 18, 18), False), (SMALL, True)):
        answer = refine(service, head, segment=segment, marks=[click(voxel, positive)])
        segment = contour_of(answer)["segment"]
        states.append(apply(states[-1], answer))
    labels = states[-1]
    for expected in states[-2::-1]:
        labels = apply(labels, service.post(f"/v1/volumes/{head}/refine/{segment}/undo"))
        np.testing.assert_array_equal(labels, expected)
    answer = service.post(f"/v1/volumes/{head}/refine/{segment}/undo")
    assert answer.status_code == 422 and "nothing to undo" in answer.json()["error"]
    for expected in states[1:]:
        labels = apply(labels, service.post(f"/v1/volumes/{head}/refine/{segment}/redo"))
        np.testing.assert_array_equal(labels, expected)
    assert service.post(f"/v1/volumes/{head}/refine/{segment}/redo").status_code == 422


def test_a_restart_keeps_contour_marks_and_what_was_undone(start, tiny_weights, tmp_path, balls, oblique_affine):
    service = start(tiny_weights, tmp_path)
    service.wait_until_ready()
    volume = service.send(balls, oblique_affine).json()["id"]
    answer = refine(service, volume, marks=[click(LARGE), click((10, 18, 18), False)])
    segment = contour_of(answer)["segment"]
    both = whole(service, volume, segment, balls.shape)
    service.post(f"/v1/volumes/{volume}/refine/{segment}/undo")
    one = whole(service, volume, segment, balls.shape)
    service.process.kill()
    again = start(tiny_weights, tmp_path)
    again.wait_until_ready()
    listed = again.get(f"/v1/volumes/{volume}/refine").json()["segments"]
    assert [(state["segment"], state["position"], state["steps"]) for state in listed] == [(segment, 1, 2)]
    np.testing.assert_array_equal(whole(again, volume, segment, balls.shape), one)
    again.post(f"/v1/volumes/{volume}/refine/{segment}/redo")
    np.testing.assert_array_equal(whole(again, volume, segment, balls.shape), both)


def test_a_contour_whose_last_steps_are_damaged_can_be_looked_at_and_no_more(
    start, tiny_weights, tmp_path, balls, oblique_affine
):
    service = start(tiny_weights, tmp_path)
    service.wait_until_ready()
    volume = service.send(balls, oblique_affine).json()["id"]
    answer = refine(service, volume, marks=[click(LARGE)])
    segment, one = contour_of(answer)["segment"], apply(np.zeros(balls.shape, np.uint8), answer)
    [journal] = tmp_path.rglob("*.journal")
    places = [journal.stat().st_size]
    for _ in range(2):
        refine(service, volume, segment=segment, marks=[click(SMALL)])
        places.append(journal.stat().st_size)
    service.process.kill()
    service.process.wait()
    content = bytearray(journal.read_bytes())
    content[places[1] - 1] ^= 1
    journal.write_bytes(bytes(content))
    again = start(tiny_weights, tmp_path)
    again.wait_until_ready()
    [state] = again.get(f"/v1/volumes/{volume}/refine").json()["segments"]
    assert (state["segment"], state["complete"], state["position"]) == (segment, False, 1)
    np.testing.assert_array_equal(whole(again, volume, segment, balls.shape), one)
    address = f"/v1/volumes/{volume}/refine/{segment}"
    for path, wanted in (("/undo", None), ("/review", {"accept": True}), ("/edit", {"empty": True})):
        refused = again.post(address + path, json=wanted)
        assert refused.status_code == 404 and "open a new one from it" in refused.json()["error"]
    wanted = {"segment": segment, "marks": [click(SMALL)]}
    assert again.post(f"/v1/volumes/{volume}/refine", json=wanted).status_code == 404
    segments = [{"name": "liver", "contour": segment}]
    wanted = {"format": "nifti", "segments": segments}
    assert again.post(f"/v1/volumes/{volume}/export", json=wanted).status_code == 404
    assert journal.read_bytes() == bytes(content)
    assert again.request("DELETE", address).status_code == 204 and not journal.exists()


def test_a_deleted_contour_is_gone(service, head):
    segment = contour_of(refine(service, head, marks=[click(LARGE)]))["segment"]
    assert service.request("DELETE", f"/v1/volumes/{head}/refine/{segment}").status_code == 204
    assert service.get(f"/v1/volumes/{head}/refine/{segment}").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "code", "says"),
    [
        ({"marks": [{"points": [RAS_OUTSIDE]}]}, 422, "outside the volume"),
        ({"marks": [{"points": [RAS_INSIDE]}, {"points": [RAS_OUTSIDE]}]}, 422, "outside the volume"),
        ({"marks": [{"points": []}]}, 422, "needs 1 point"),
        ({"marks": [{"kind": "box", "points": [RAS_INSIDE]}]}, 422, "needs 2 points"),
        ({"marks": [{"kind": "brush"}]}, 422, "paint at least one"),
        ({"marks": [{"kind": "wish", "points": [RAS_INSIDE]}]}, 422, "marks.0.kind"),
        ({}, 422, "nothing to begin from"),
        ({"prompt": "flux capacitor"}, 422, "flux capacitor"),
        ({"begin": {"job": "0" * 16}, "region": "0" * 16}, 422, "only one of"),
        ({"segment": "0" * 16, "prompt": "liver"}, 422, "only one of"),
        ({"segment": "0" * 16, "marks": [{"points": [RAS_INSIDE]}]}, 404, "No contour"),
        ({"segment": "../../etc/passwd", "marks": [{"points": [RAS_INSIDE]}]}, 404, "No contour"),
        ({"region": "0" * 16}, 404, "No region"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_nothing_behind(service, head, wanted, code, says):
    before = service.get(f"/v1/volumes/{head}/refine").json()["segments"]
    answer = service.post(f"/v1/volumes/{head}/refine", json={"profile": "fast", **wanted})
    assert answer.status_code == code and says in answer.json()["error"]
    assert service.get(f"/v1/volumes/{head}/refine").json()["segments"] == before


def test_a_contour_belongs_to_its_volume(service, head, balls, oblique_affine):
    segment = contour_of(refine(service, head, marks=[click(LARGE)]))["segment"]
    other = service.send(balls[:, ::-1].copy(), oblique_affine).json()["id"]
    assert service.get(f"/v1/volumes/{other}/refine/{segment}/labels").status_code == 404
