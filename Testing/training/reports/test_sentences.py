"""A sentence is true, false or undecided by what is known; it is never called false because a source is silent."""

from pathlib import Path

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.reports.facts import Facts, facts_of_case, facts_of_rendering, facts_of_slices
from mrifoundation_training.reports.sentences import Sentence, stock, wording

SKULL_STRIPPED, HEAD, CROP = (
    "MRI of the skull-stripped brain.",
    "FLAIR MRI of the head.",
    "MRI crop around a hippocampus.",
)
FACTS = Facts({"region": "brain", "sequence": "T1"}, frozenset({"left hippocampus"}), frozenset({"liver"}))


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        ([("region", "brain")], True),
        ([("region", "heart")], False),
        ([("region", "brain"), ("sequence", "T2")], False),
        ([("region", "brain"), ("diagnosis", "glioma")], None),
        ([("region", "heart"), ("diagnosis", "glioma")], False),
        ([("shows", "left hippocampus")], True),
        ([("shows", "left hippocampus"), ("shows", "liver")], False),
        ([("shows", "pituitary gland")], None),
    ],
)
def test_a_sentence_holds_when_all_its_claims_do(claims, verdict):
    assert Sentence("…", tuple(claims)).holds(FACTS) is verdict


def test_a_false_sentence_is_hard_when_one_claim_is_true():
    assert Sentence("…", (("region", "brain"), ("sequence", "T2"))).nearly_holds(FACTS)
    assert not Sentence("…", (("region", "heart"), ("sequence", "T2"))).nearly_holds(FACTS)


def test_thick_slices_tell_the_plane():
    assert facts_of_slices(np.array([1.0, 1.0, 5.0])) == {"slices": "thick", "plane": "axial"}
    assert facts_of_slices(np.array([1.0, 1.1, 1.0])) == {"slices": "thin"}


def test_where_two_directions_are_coarse_nobody_knows_the_plane():
    assert facts_of_slices(np.array([5.0, 1.0, 5.0])) == {"slices": "thick"}


def a_case(region="brain", table=None, **told):
    return Case("a", "a", "made", region, Path("a.nii.gz"), None, table or {}, **told)


@pytest.mark.parametrize("region", ["", "unknown"])
def test_a_region_that_nobody_told_is_no_fact(region):
    told, rendered = facts_of_case(a_case(region)), facts_of_rendering(a_case(region), "T1", stripped=True, whole=True)
    assert "region" not in told | rendered
    assert Sentence("MRI of the head", (("region", "brain"),)).holds(Facts(told)) is None


@pytest.mark.parametrize(
    ("diagnosis", "tumour"),
    [
        ("healthy", "no"),
        ("glioma", "yes"),
        ("Prostate cancer (ISUP grade 3)", "yes"),
        ("brain tumour", "yes"),
        ("multiple sclerosis", None),
        ("abnormal right ventricle", None),
        ("suspected glioma", None),
        ("no tumor", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_tumour_is_there_or_not_only_where_the_diagnosis_says_so(diagnosis, tumour):
    assert facts_of_case(a_case(diagnosis=diagnosis)).get("tumour") == tumour


@pytest.mark.parametrize(("caption", "skull"), [(SKULL_STRIPPED, "stripped"), (HEAD, "kept"), (CROP, None), ("", None)])
def test_whether_the_skull_is_there_is_known_only_where_the_caption_tells(caption, skull):
    assert facts_of_case(a_case(caption=caption)).get("skull") == skull


@pytest.mark.parametrize(("whole", "skull", "tumour"), [(True, "kept", "no"), (False, None, None)])
def test_what_lies_around_a_partial_label_map_is_made_up_and_no_fact(whole, skull, tumour):
    known = facts_of_rendering(a_case(), "T2", stripped=False, whole=whole)
    assert (known.get("skull"), known.get("tumour")) == (skull, tumour)
    assert facts_of_rendering(a_case(), "T2", stripped=True, whole=whole)["skull"] == "stripped"
    assert facts_of_rendering(a_case(), "T2", stripped=True, whole=whole, tumour=True)["tumour"] == "yes"


def test_a_label_map_with_a_tumour_is_never_called_free_of_one():
    assert "tumour" not in facts_of_rendering(a_case(table={1: "glioma"}), None, stripped=False, whole=True)


@pytest.mark.parametrize(
    ("claimed", "known", "verdict"),
    [
        ("multiple sclerosis", "relapsing-remitting multiple sclerosis", True),
        ("relapsing-remitting multiple sclerosis", "multiple sclerosis", None),
        ("glioma", "brain tumor", None),
        ("glioma", "healthy", False),
        ("normal", "abnormal", False),
    ],
)
def test_one_diagnosis_is_called_false_of_another_only_where_they_exclude_each_other(claimed, known, verdict):
    assert Sentence("…", (("diagnosis", claimed),)).holds(Facts({"diagnosis": known})) is verdict


def test_a_caption_is_true_of_its_own_scan_and_of_others_at_most_false():
    """It may tell what its row does not: here, the side."""
    vocabulary = Vocabulary.load()
    own, like, unlike = (
        a_case("knee", caption=caption, sequence=sequence)
        for caption, sequence in [("MRI of the left knee.", "T2"), ("MRI of a right knee.", "T2"), ("Knee.", "T1")]
    )
    (said,) = stock([own], vocabulary, 0, seed=1)
    assert [said.holds(Facts(facts_of_case(case))) for case in (own, like, unlike)] == [True, None, False]
    assert said.holds(Facts(facts_of_case(own, mirrored=True))) is None


def test_a_caption_of_several_scans_claims_what_all_of_them_are():
    """A general one is true of a healthy head and of an ill one, whichever comes last."""
    cases = [a_case("brain", caption="MRI of the brain.", diagnosis=one) for one in ("healthy", "glioma")]
    for order in (cases, cases[::-1]):
        (said,) = stock(order, Vocabulary.load(), 0, seed=1)
        assert [said.holds(Facts(facts_of_case(case))) for case in cases] == [True, True]


def test_the_stock_is_varied_repeatable_and_about_the_cases(small_data):
    cases = [case for case in read_manifest(small_data) if case.split == "train"]
    vocabulary = Vocabulary.load()
    sentences = stock(cases, vocabulary, 200, seed=4)
    assert sentences == stock(cases, vocabulary, 200, seed=4)
    assert len({s.text for s in sentences}) == len(sentences) > 100
    claimed = {claim for sentence in sentences for claim in sentence.claims}
    assert ("region", "abdomen") in claimed and ("shows", "liver") in claimed
    assert not any(key == "region" and value != "abdomen" for key, value in claimed)


def test_every_region_and_sequence_of_the_data_pack_can_be_put_into_words(data_pack):
    cases = [case for case in read_manifest(data_pack / "volumes.csv") if case.split == "train" and case.labels]
    for case in cases:
        known = facts_of_case(case)
        assert known["region"] in wording()["region"]
        assert known.get("sequence", "T1") in wording()["sequence"]
