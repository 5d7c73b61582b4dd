"""Only what the labels tell is asked, and only what cannot be there counts as not there."""

from pathlib import Path

import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.targets import BEYOND, NEIGHBOURS
from mrifoundation_training.evaluation.questions import (
    Question,
    disjoint_batches,
    elsewhere_questions,
    labelled_questions,
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load()


def a_case(table, region="brain", checked="yes", name="case-1") -> Case:
    return Case(
        id=name,
        subject=name,
        source="made",
        region=region,
        image=Path("image.nii"),
        labels=Path("labels.nii") if table else None,
        table=table,
        orientation_checked=checked,
    )


def everything(structure) -> bool:
    return True


def asked(case, vocabulary, knows=everything) -> dict[str, tuple[int, ...]]:
    return {question.name: question.values for question in labelled_questions(case, vocabulary, knows)}


ABDOMEN = {1: "liver", 2: "right kidney", 3: "left kidney", 4: "spleen"}
CROP = {1: "anterior hippocampus", 2: "posterior hippocampus"}


def test_all_values_of_a_name_are_its_truth(vocabulary):
    asked_for = asked(a_case({1: "liver", 2: "lower leg muscle", 3: "lower leg muscle"}, "lower-leg"), vocabulary)
    assert asked_for == {"liver": (1,), "lower leg muscle": (2, 3)}


def test_what_a_case_labels_itself_is_not_elsewhere(vocabulary):
    def names(table):
        asked_for = elsewhere_questions(a_case(table, "abdomen"), vocabulary, everything, 1000)
        return {question.name for question in asked_for}

    heart = {1: "left ventricle cavity of the heart", 2: "right ventricle cavity of the heart"}
    assert names({}) - names(heart) == {*heart.values(), "ventricle cavity of the heart"}


def test_labels_are_asked_by_name_and_as_the_whole_of_both_sides(vocabulary):
    names = asked(a_case(ABDOMEN, "abdomen"), vocabulary)
    assert names["liver"] == (1,)
    assert names["left kidney"] == (3,)
    assert names["kidney"] == (2, 3)
    assert "stomach" not in names


def test_a_crop_that_does_not_tell_the_side_is_asked_for_its_parts_and_their_union_only(vocabulary):
    assert asked(a_case(CROP), vocabulary) == {
        "anterior hippocampus": (1,),
        "posterior hippocampus": (2,),
        "hippocampus": (1, 2),
    }


def test_a_union_needs_all_of_its_parts(vocabulary):
    assert "kidney" not in asked(a_case({3: "left kidney"}, "abdomen"), vocabulary)
    assert "hippocampus" not in asked(a_case({1: "anterior hippocampus"}), vocabulary)


def test_sides_that_were_not_verified_are_merged(vocabulary):
    names = asked(a_case(ABDOMEN, "abdomen", checked="no"), vocabulary)
    assert names["kidney"] == (2, 3)
    assert not [name for name in names if vocabulary[name].side]


def test_labels_without_a_meaning_and_scans_without_labels_ask_nothing(vocabulary):
    assert asked(a_case({5: "something unheard of"}), vocabulary) == {}
    assert asked(a_case({}), vocabulary) == {}


def test_what_the_weights_have_not_learned_is_not_asked(vocabulary):
    assert set(asked(a_case(ABDOMEN, "abdomen"), vocabulary, lambda structure: structure.name == "liver")) == {"liver"}


def test_nothing_that_may_reach_into_the_scan_is_called_elsewhere(vocabulary):
    for region, near in NEIGHBOURS.items():
        for question in elsewhere_questions(a_case({}, region), vocabulary, everything, count=500):
            assert question.elsewhere
            structure = vocabulary[question.name]
            beyond = {structure.name, structure.name.removeprefix(f"{structure.side} ")} & BEYOND.get(
                region, frozenset()
            )
            assert beyond or not near & set(structure.regions)


def test_what_lies_beyond_a_neighbour_is_asked_of_its_scans_all_the_same(vocabulary):
    asked_of = {
        region: {
            question.name for question in elsewhere_questions(a_case({}, region), vocabulary, everything, count=500)
        }
        for region in BEYOND
    }
    assert "right kidney" in asked_of["heart"] and not {"liver", "spleen", "stomach", "aorta"} & asked_of["heart"]
    assert "right ventricle cavity of the heart" in asked_of["abdomen"]
    assert all(name in vocabulary for names in BEYOND.values() for name in names)


def test_the_liver_is_elsewhere_in_a_brain_scan_and_the_brainstem_in_an_abdomen(vocabulary):
    brain = {question.name for question in elsewhere_questions(a_case({}), vocabulary, everything, count=500)}
    abdomen = {
        question.name for question in elsewhere_questions(a_case({}, "abdomen"), vocabulary, everything, count=500)
    }
    assert "liver" in brain
    assert "brainstem" not in brain
    assert {"left hippocampus", "brainstem"} <= abdomen
    assert "liver" not in abdomen


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("brain", {"deep gray matter", "extra-axial cerebrospinal fluid", "eyeball"}),
        ("abdomen", {"cerebrospinal fluid", "spinal cord gray matter", "femur"}),
        ("heart", {"vertebral body", "left transverse process", "left lung"}),
        ("cervical-spine", {"left deep back muscles", "brainstem"}),
        ("prostate", {"tumor", "soft-tissue sarcoma", "whole tumor"}),
    ],
)
def test_what_might_well_be_in_view_is_never_called_elsewhere(vocabulary, region, names):
    assert all(name in vocabulary for name in names)
    drawn = {question.name for question in elsewhere_questions(a_case({}, region), vocabulary, everything, count=500)}
    assert drawn
    assert not names & drawn


def test_the_draw_is_the_same_every_time_and_another_for_another_case(vocabulary):
    first, again = (elsewhere_questions(a_case({}), vocabulary, everything) for _ in range(2))
    other = elsewhere_questions(a_case({}, name="case-2"), vocabulary, everything)
    assert first == again
    assert {question.name for question in first} != {question.name for question in other}
    assert len(first) == 16


def test_a_region_that_is_not_known_rules_nothing_out(vocabulary):
    assert elsewhere_questions(a_case({}, "tail"), vocabulary, everything) == []


def test_questions_of_one_batch_share_no_voxel(vocabulary):
    questions = [
        Question("liver", (1,)),
        Question("kidney", (2, 3)),
        Question("left kidney", (3,)),
        Question("spleen", (4,)),
    ]
    batches = disjoint_batches(questions)
    assert [[question.name for question in batch] for batch in batches] == [
        ["liver", "kidney", "spleen"],
        ["left kidney"],
    ]
