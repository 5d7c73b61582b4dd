"""Contours in a planner's hands: sets of organs, edits of another editor, operations, checks and decisions, over HTTP."""

import json

import numpy as np
import pytest
from forked_service import ForkedService

KNOWN = {"liver", "left kidney", "right kidney", "spleen"}


def apply(labels, answer):
    assert answer.status_code == 200, answer.text
    geometry = json.loads(answer.headers["X-Geometry"])
    box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    labels = labels.copy()
    labels[box] = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])
    return labels


def send_region(service, volume, mask):
    geometry = {"start": [0, 0, 0], "shape": mask.shape, "full_shape": mask.shape}
    headers = {"X-Geometry": json.dumps(geometry)}
    answer = service.post(f"/v1/volumes/{volume}/region", data=mask.astype(np.uint8).tobytes(), headers=headers)
    return answer.json()["region"]


@pytest.fixture
def block(head_voxels):
    mask = np.zeros(head_voxels.shape, bool)
    mask[10:25, 12:30, 8:24] = True
    return mask


@pytest.fixture
def contour(service, head, block):
    """An open contour of the block; its address."""
    wanted = {"region": send_region(service, head, block), "name": "liver", "prompt": "liver", "profile": "fast"}
    answer = service.post(f"/v1/volumes/{head}/refine", json=wanted)
    state = json.loads(answer.headers["X-Contour"])
    assert state["prompt"] == "liver" and state["steps"] == 0 and state["review"] is None
    return f"/v1/volumes/{head}/refine/{state['segment']}"


def now(service, contour, shape):
    return apply(np.zeros(shape, np.uint8), service.get(contour + "/labels")).astype(bool)


def test_a_set_of_organs_is_segmented_in_one_pass_and_the_rest_is_to_be_drawn_by_hand(service, head):
    sets = {one["name"]: one for one in service.get("/v1/organs-at-risk").json()["sets"]}
    abdomen = sets["abdomen"]
    known = {organ["structure"] for organ in abdomen["organs"] if organ["known"]}
    assert known and known <= KNOWN and abdomen["by_hand"]
    assert len(known) + len(abdomen["by_hand"]) == len(abdomen["organs"])
    tidy = {"largest_piece": True, "fill_holes": True}
    job = service.segment(head, [], organs="abdomen", tidy=tidy)
    assert service.finished(job)["state"] == "done"
    result = service.get(f"/v1/jobs/{job}/result").json()
    assert {row["name"] for row in result["structures"]} == known and result["by_hand"] == abdomen["by_hand"]


def test_an_unknown_set_of_organs_is_told(service, head):
    answer = service.post(f"/v1/volumes/{head}/segment", json={"organs": "tail", "profile": "fast"})
    assert answer.status_code == 422 and "choose one of brain" in answer.json()["error"]


def test_an_edit_of_another_editor_is_one_step_that_can_be_undone(service, head, contour, block):
    edited = block.copy()
    edited[10:14] = False
    answer = service.post(contour + "/edit", json={"region": send_region(service, head, edited)})
    np.testing.assert_array_equal(apply(block, answer), edited)
    assert json.loads(answer.headers["X-Geometry"])["shape"] == [4, 18, 16], "only what changed is answered"
    again = service.post(contour + "/edit", json={"region": send_region(service, head, edited)})
    assert json.loads(again.headers["X-Contour"])["steps"] == 1, "an edit that changes nothing is no step"
    assert [mark["kind"] for mark in service.get(contour).json()["marks"]] == ["edit"]
    service.post(contour + "/undo")
    np.testing.assert_array_equal(now(service, contour, block.shape), block)
    service.post(contour + "/edit", json={"empty": True})
    assert not now(service, contour, block.shape).any()


def test_marks_after_an_edit_build_on_it_and_marks_before_it_no_longer_contradict(service, head, contour, block):
    click = {"points": [[17, 20, 15]], "space": "index"}
    inside = {"segment": contour.rsplit("/", 1)[1], "marks": [click | {"positive": True}], "profile": "fast"}
    assert service.post(f"/v1/volumes/{head}/refine", json=inside).status_code == 200
    edited = block.copy()
    edited[15:20, 18:23, 12:18] = False  # around the mark
    service.post(contour + "/edit", json={"region": send_region(service, head, edited)})
    near = {"segment": inside["segment"], "marks": [click | {"points": [[17, 21, 15]], "positive": False}]}
    service.post(f"/v1/volumes/{head}/refine", json=near | {"profile": "fast"})
    assert not now(service, contour, block.shape)[17, 20, 15]


def test_operations_are_steps_too(service, contour, block):
    wanted = {"operations": [{"kind": "margin", "mm": 4.0}, {"kind": "fill-holes"}]}
    after = apply(block, service.post(contour + "/edit", json=wanted))
    assert after.sum() > block.sum() and (after[block] == 1).all()
    np.testing.assert_array_equal(apply(after, service.post(contour + "/undo")), block)


def test_a_boolean_operation_with_another_contour(service, head, contour, block):
    other = np.zeros_like(block)
    other[20:40] = True
    wanted = {"operations": [{"kind": "difference", "region": send_region(service, head, other)}]}
    np.testing.assert_array_equal(apply(block, service.post(contour + "/edit", json=wanted)), block & ~other)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "nothing to do"),
        ({"operations": [{"kind": "margin", "mm": -49}]}, "nothing is left"),
        ({"operations": [{"kind": "union"}]}, "second contour"),
        ({"operations": [{"kind": "melt"}]}, "kind"),
    ],
)
def test_an_edit_that_cannot_be_done_is_told_and_changes_nothing(service, contour, block, wanted, words):
    answer = service.post(contour + "/edit", json=wanted)
    assert answer.status_code == 422 and words in answer.json()["error"]
    np.testing.assert_array_equal(now(service, contour, block.shape), block)


def test_decisions_are_kept_with_time_and_name_and_go_stale_when_the_contour_changes(service, contour):
    state = service.post(contour + "/review", json={"accept": True}).json()
    assert state["review"]["verdict"] == "accepted" and state["review"]["by"] == "" and state["review"]["current"]
    service.post(contour + "/edit", json={"operations": [{"kind": "margin", "mm": 4.0}]})
    assert not service.get(contour).json()["review"]["current"]
    service.post(contour + "/review", json={"accept": True, "by": "Ada Łovelace"})
    service.post(contour + "/review", json={"accept": False})
    trail = service.get(contour).json()["reviews"]
    assert [one["verdict"] for one in trail] == ["accepted", "edited", "rejected"]
    assert trail[1]["by"] == "Ada Łovelace" and all(one["at"].endswith("+00:00") for one in trail)


def test_edits_and_decisions_survive_a_crash(tiny_weights, tmp_path, head_voxels, oblique_affine, block):
    first = ForkedService(tiny_weights, tmp_path)
    try:
        first.wait_until_ready()
        head = first.send(head_voxels, oblique_affine).json()["id"]
        answer = first.post(
            f"/v1/volumes/{head}/refine", json={"region": send_region(first, head, block), "profile": "fast"}
        )
        contour = f"/v1/volumes/{head}/refine/{json.loads(answer.headers['X-Contour'])['segment']}"
        after = apply(block, first.post(contour + "/edit", json={"operations": [{"kind": "margin", "mm": 4.0}]}))
        first.post(contour + "/review", json={"accept": True, "by": "Ada"})
    finally:
        first.process.kill()
        first.process.wait()
    second = ForkedService(tiny_weights, tmp_path)
    try:
        second.wait_until_ready()
        np.testing.assert_array_equal(now(second, contour, block.shape), after)
        assert second.get(contour).json()["review"] | {"at": ""} == {
            "verdict": "edited", "by": "Ada", "at": "", "position": 1, "current": True,
        }  # fmt: skip
        np.testing.assert_array_equal(apply(after, second.post(contour + "/undo")), block)
    finally:
        second.process.kill()
        second.process.wait()


def test_contours_are_checked_wherever_they_come_from(service, head, contour, block):
    job = service.segment(head, ["spleen"])
    assert service.finished(job)["state"] == "done"
    segments = [
        {"name": "liver", "contour": contour.rsplit("/", 1)[1]},
        {"name": "spleen", "segment": {"job": job, "values": [1]}},
        {"name": "my own", "region": send_region(service, head, block)},
    ]
    answer = service.post(f"/v1/volumes/{head}/quality", json={"segments": segments, "profile": "fast"})
    check = answer.json()["job"]
    assert service.finished(check)["state"] == "done"
    rows = service.get(f"/v1/jobs/{check}/result").json()["structures"]
    assert [row["name"] for row in rows] == ["liver", "spleen", "my own"]
    assert rows[1]["doubt_mm"] > 0 and rows[1]["first"] and rows[2]["doubt_mm"] is None
    assert any("do not know it" in flag for flag in rows[2]["flags"]) and all(row["breaks"] == [] for row in rows[2:])


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        ([], 422),
        ([{"name": "a"}], 422),
        ([{"name": "a", "region": "none"}], 404),
        ([{"name": "a", "contour": "f" * 16}], 404),
        ([{"name": "a", "contour": "x", "region": "y"}], 422),
    ],
)
def test_a_check_that_cannot_be_done_is_refused(service, head, segments, status):
    answer = service.post(f"/v1/volumes/{head}/quality", json={"segments": segments, "profile": "fast"})
    assert answer.status_code == status and answer.json()["error"]
