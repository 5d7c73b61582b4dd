"""What an answer tells of how its structures fared when the weights were tested."""

import dataclasses

import pytest

from mrifoundation import Engine, Scan
from mrifoundation.engine.tested import with_tests
from mrifoundation.engine.weights import find_weights
from mrifoundation.model import load_card

LEARNED = frozenset({"liver", "left kidney", "right kidney", "spleen", "optic chiasm", "prostate", "femur", "tibia"})


def scored(structure, dice, scans=8):
    return {"structure": structure, "dice": dice, "interval_95": [dice - 0.02, dice + 0.02], "scans": scans}


@pytest.fixture
def card():
    """The shipped one with scores of its own."""
    scores = [scored("liver", 0.94, 2), scored("optic chiasm", 0.0), scored("left kidney", 0.9), scored("spleen", 0.8)]
    return dataclasses.replace(load_card(find_weights()), scores=[{"command": "…"}, *scores, scored("spleen", 0.7, 3)])


def row(name, *parts):
    return {"name": name, "parts": [{"name": part} for part in parts]}


def test_each_row_says_how_its_structure_was_tested_by_the_source_that_it_did_worst_on(card):
    (liver, spleen), notes = with_tests(card, [row("liver"), row("spleen")], LEARNED)
    assert liver["tested"] == {"dice": 0.94, "low": 0.92, "high": 0.96, "scans": 2}
    assert spleen["tested"]["dice"] == 0.7 and spleen["tested"]["scans"] == 3
    assert notes == []


def test_one_scan_does_not_outweigh_eight(card):
    more = dataclasses.replace(card, scores=[scored("liver", 0.9), scored("liver", 0.2, 1)])
    assert with_tests(more, [row("liver")], LEARNED)[0][0]["tested"]["dice"] == 0.9
    few = dataclasses.replace(card, scores=[scored("liver", 0.9, 2), scored("liver", 0.2, 1)])
    assert with_tests(few, [row("liver")], LEARNED)[0][0]["tested"]["dice"] == 0.2


def test_a_test_on_one_scan_has_no_interval(card):
    once = dataclasses.replace(card, scores=[scored("liver", 0.5, 1) | {"interval_95": [None, None]}])
    assert with_tests(once, [row("liver")], LEARNED)[0][0]["tested"] == {
        "dice": 0.5,
        "low": 0.5,
        "high": 0.5,
        "scans": 1,
    }


def test_what_was_never_tested_or_did_badly_is_said(card):
    _, notes = with_tests(card, [row("liver"), row("prostate"), row("optic chiasm")], LEARNED)
    assert notes == [
        "Never tested on a scan of a person: prostate.",
        "Poor on the scans they were tested on: optic chiasm (Dice 0.00).",
    ]


def test_a_whole_is_tested_when_all_of_its_parts_are(card):
    tested = dataclasses.replace(card, scores=[*card.scores, scored("right kidney", 0.85)])
    kidneys = row("kidneys", "left kidney", "right kidney")
    assert with_tests(card, [kidneys], LEARNED)[0][0]["tested"] is None
    assert with_tests(tested, [kidneys], LEARNED)[0][0]["tested"]["dice"] == 0.85


def test_a_long_list_is_counted_and_what_was_taught_is_left_to_its_teacher(card):
    rows = [row(name) for name in ("prostate", "femur", "tibia", "right kidney", "my organ")]
    assert with_tests(card, rows[-1:], LEARNED)[1] == []
    many = LEARNED | {f"bone {n}" for n in range(20)}
    (note,) = with_tests(card, [*rows, *(row(f"bone {n}") for n in range(20))], many)[1]
    assert note == "Never tested on a scan of a person: prostate, femur, tibia, right kidney and 20 more."


def test_the_engine_says_it_of_its_own_answers(tiny_weights, head_voxels, oblique_affine):
    engine = Engine.load(tiny_weights, "cpu")
    engine.card = dataclasses.replace(engine.card, scores=[scored("brainstem", 0.9)])
    answer = engine.segment(engine.encode(Scan(head_voxels, oblique_affine)), ["brainstem", "left kidney"])
    assert [told["tested"] and told["tested"]["dice"] for told in answer.table] == [0.9, None]
    assert answer.notes == ["Never tested on a scan of a person: left kidney."]


def test_what_was_taught_in_place_of_the_weights_own_has_no_figure_of_theirs(card):
    (liver,), notes = with_tests(card, [row("liver")], LEARNED - {"liver"})
    assert liver["tested"] is None and notes == []
