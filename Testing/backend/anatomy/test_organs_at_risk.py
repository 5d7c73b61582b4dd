"""Organs at risk carry the names that planning systems expect."""

import re

import pytest

from mrifoundation.anatomy.organs_at_risk import drawn_by_hand, organs_at_risk


@pytest.fixture(scope="module")
def sets(vocabulary):
    return organs_at_risk(vocabulary)


def test_every_region_of_the_body_has_a_set(sets):
    assert set(sets) == {"brain", "head and neck", "thorax", "abdomen", "pelvis"}
    assert all(len(organs) >= 8 for organs in sets.values())


def test_tg263_names_are_short_and_of_the_allowed_characters(sets):
    for organs in sets.values():
        for organ in organs:
            assert re.fullmatch(r"[A-Z][A-Za-z0-9_~^\-]{0,15}", organ.tg263), organ.tg263


def test_a_name_means_one_organ_everywhere(sets):
    meaning = {}
    for organs in sets.values():
        names = [organ.tg263 for organ in organs]
        assert len(set(names)) == len(names)
        for organ in organs:
            assert meaning.setdefault(organ.tg263, organ.name) == organ.name


def test_sides_become_a_suffix(sets):
    named = {organ.name: organ.tg263 for organ in sets["head and neck"]}
    assert named["left parotid gland"] == "Parotid_L" and named["right parotid gland"] == "Parotid_R"


def test_what_has_no_structure_is_listed_all_the_same(sets, vocabulary):
    missing = {organ.name for organs in sets.values() for organ in organs if organ.structure is None}
    assert {"esophagus", "rectum", "larynx"} <= missing
    assert all(name not in vocabulary for name in missing)
    assert missing == {name for name, one in drawn_by_hand().items() if one.side or one.partner is None} - {
        "brachial plexus", "femur head",
    }  # fmt: skip


def test_organs_of_the_vocabulary_can_be_segmented_as_a_set(sets, vocabulary):
    for region, organs in sets.items():
        members = set(vocabulary.sets[f"organs at risk, {region}"])
        listed = {organ.structure for organ in organs if organ.structure}
        assert len(listed & members) >= 2
