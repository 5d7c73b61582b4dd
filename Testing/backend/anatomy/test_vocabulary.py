"""The data files say what they must and contradict themselves nowhere."""

import csv

import pytest

from mrifoundation.anatomy.index import index_of
from mrifoundation.anatomy.organs_at_risk import drawn_by_hand
from mrifoundation.anatomy.wording import canonical

# Codes of SNOMED CT that the DICOM code dictionary of pydicom does not hold.
_CODES_BEYOND_DICOM = {
    "244849004", "181674001", "78333006", "75297007", "68455001", "24915002", "5953002", "22565002", "77644006",
    "58830002", "43993008", "65985001", "110765007",
}  # fmt: skip


def _wordings(vocabulary):
    for structure in vocabulary:
        yield from ((wording, structure.name) for wording in (structure.name, *structure.synonyms))
    for group in vocabulary.groups:
        yield from ((wording, f"group {group}") for wording in (group, *vocabulary.group_synonyms[group]))


def test_a_set_shares_its_name_with_nothing_but_a_group(vocabulary):
    wordings = {canonical(wording): owner for wording, owner in _wordings(vocabulary)}
    assert all(wordings.get(canonical(name), f"group {name}") == f"group {name}" for name in vocabulary.sets)


def test_holds_every_name_of_the_data_pack(vocabulary, data_pack):
    with open(data_pack / "vocabulary.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {s.name for s in vocabulary if s.labelled} == {row["name"] for row in rows}
    for row in rows:
        structure = vocabulary[row["name"]]
        assert (structure.partner or "") == row["side_partner"]
        assert set(row["region"].split(";")) <= set(structure.regions)


def test_partners_point_at_each_other_and_at_opposite_sides(vocabulary):
    sided = [s for s in vocabulary if s.partner]
    assert len(sided) > 150
    for structure in sided:
        partner = vocabulary[structure.partner]
        assert partner.partner == structure.name
        assert {structure.side, partner.side} == {"left", "right"}


def test_the_side_is_the_one_in_the_name(vocabulary):
    for structure in vocabulary:
        first = structure.name.split()[0]
        assert structure.side == (first if first in ("left", "right") else None), structure.name


def test_unions_are_made_of_labelled_names_and_never_of_the_structure_itself(vocabulary):
    for structure in vocabulary:
        for parts in structure.unions:
            assert parts and len(set(parts)) == len(parts), structure.name
            assert structure.name not in parts
            assert all(vocabulary[part].labelled for part in parts), structure.name
            if structure.side:
                assert all(vocabulary[part].side == structure.side for part in parts), structure.name


def test_a_name_without_a_label_of_its_own_has_a_union(vocabulary):
    assert [s.name for s in vocabulary if not s.labelled and not s.unions] == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hippocampus", ("left hippocampus", "right hippocampus")),
        ("hippocampus", ("anterior hippocampus", "posterior hippocampus")),
        ("left cerebellum", ("left cerebellar cortex", "left cerebellar white matter")),
        ("kidney", ("left kidney", "right kidney")),
        ("left lung", ("left lung upper lobe", "left lung lower lobe")),
        ("prostate", ("prostate peripheral zone", "prostate transition zone")),
        ("left ventricle of the heart", ("left ventricle cavity of the heart", "left ventricular myocardium")),
        ("whole tumor", ("peritumoral edema", "enhancing tumor", "non-enhancing tumor", "necrotic tumor core")),
        ("meniscus", ("medial meniscus", "lateral meniscus")),
        ("tibial cartilage", ("medial tibial cartilage", "lateral tibial cartilage")),
    ],
)
def test_known_wholes_have_their_parts(vocabulary, name, parts):
    assert set(parts) in [set(union) for union in vocabulary[name].unions]


def test_a_scan_says_which_union_holds_in_it(vocabulary):
    four = {f"{side} cerebellar {part}" for side in ("left", "right") for part in ("cortex", "white matter")}
    assert set(vocabulary.union_in("cerebellum", four)) == four
    assert set(vocabulary.union_in("cerebellum", four | {"cerebellar vermis"})) == four | {"cerebellar vermis"}
    assert vocabulary.union_in("cerebellum", {"cerebellum", *four}) == ("cerebellum",)
    assert vocabulary.union_in("cerebellum", {"left cerebellar cortex"}) is None


def test_no_wording_is_claimed_twice(vocabulary):
    claimed = {}
    for wording, owner in _wordings(vocabulary):
        assert claimed.setdefault(canonical(wording), owner) == owner, wording


def test_no_wording_means_anatomy_that_is_not_known(vocabulary):
    known = {canonical(wording) for wording, _ in _wordings(vocabulary)}
    assert known.isdisjoint(canonical(name) for name in vocabulary.elsewhere)


def test_every_wording_is_text_that_leads_back_to_its_owner(vocabulary):
    index = index_of(vocabulary)
    for wording, owner in _wordings(vocabulary):
        assert isinstance(wording, str) and wording.strip() == wording
        assert index.exact(canonical(wording)).name == owner.removeprefix("group ")


def test_colours_are_in_range_and_tell_structures_apart(vocabulary):
    owners = {}
    for structure in (*vocabulary, *drawn_by_hand().values()):
        assert len(structure.colour) == 3 and all(isinstance(c, int) and 0 <= c <= 255 for c in structure.colour)
        assert max(structure.colour) >= 100, "too dark on a black background"
        whole = structure.name.removeprefix(f"{structure.side} ") if structure.partner else structure.name
        assert owners.setdefault(structure.colour, whole) == whole, structure.name


def test_left_and_right_differ_in_colour(vocabulary):
    assert all(s.colour != vocabulary[s.partner].colour for s in vocabulary if s.partner)


def test_snomed_codes_are_those_of_the_dicom_dictionary(vocabulary):
    from pydicom.sr._concepts_dict import concepts

    dicom = {code for meanings in concepts["SCT"].values() for code in meanings}
    coded = [s for s in (*vocabulary, *drawn_by_hand().values()) if s.snomed]
    assert len(coded) > 100
    for structure in coded:
        assert structure.snomed.keys() == {"code", "meaning"}
        assert structure.snomed["code"] in dicom | _CODES_BEYOND_DICOM, structure.name


def test_no_snomed_code_names_two_things(vocabulary):
    owners = {}
    for structure in (s for s in (*vocabulary, *drawn_by_hand().values()) if s.snomed):
        whole = structure.name.removeprefix(f"{structure.side} ") if structure.partner else structure.name
        assert owners.setdefault(structure.snomed["code"], whole) == whole


def test_groups_and_sets_hold_known_names_once(vocabulary):
    for members in (*vocabulary.groups.values(), *vocabulary.sets.values()):
        assert members and len(set(members)) == len(members)
        assert all(name in vocabulary for name in members)


def test_a_structure_knows_its_groups(vocabulary):
    assert "basal ganglia" in vocabulary["putamen"].groups
    assert "basal ganglia" in vocabulary["left putamen"].groups
    assert "muscles" in vocabulary["right masseter muscle"].groups
    assert "basal ganglia" not in vocabulary["liver"].groups


@pytest.mark.parametrize("name", ["brain structures", "abdominal organs", "heart", "knee", "prostate zones"])
def test_the_usual_structure_sets_are_there(vocabulary, name):
    assert len(vocabulary.sets[name]) >= 2


@pytest.mark.parametrize("region", ["brain", "head and neck", "abdomen"])
def test_organs_at_risk_are_a_set_for_each_region(vocabulary, region):
    assert len(vocabulary.sets[f"organs at risk, {region}"]) >= 8


def test_sets_give_each_side_a_segment_of_its_own(vocabulary):
    assert {"left hippocampus", "right hippocampus"} <= set(vocabulary.sets["brain structures"])
    assert "hippocampus" not in vocabulary.sets["brain structures"]
    assert "femur" in vocabulary.sets["knee"]


def test_a_structure_can_be_sent_as_json(vocabulary):
    import json

    sent = json.loads(json.dumps([structure.to_dict() for structure in vocabulary]))
    assert sent[0]["name"] == vocabulary.names[0]


def test_an_unknown_name_is_a_key_error(vocabulary):
    with pytest.raises(KeyError):
        vocabulary["flux capacitor"]
    assert "flux capacitor" not in vocabulary
