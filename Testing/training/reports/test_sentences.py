"""A sentence is true, false or undecided by what is known; it is never called false because a source is silent."""

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.reports.facts import Facts, facts_of_case, facts_of_slices
from mrifoundation_training.reports.sentences import Sentence, stock, wording

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
