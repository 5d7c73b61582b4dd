"""Words that find scans and scans that find words, by an engine whose sentences lie where the test puts them."""

import numpy as np
import pytest

from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.retrieval_gallery import Embedded
from mrifoundation_training.evaluation.retrieval_queries import Query
from mrifoundation_training.evaluation.retrieval_words import (
    ALL,
    captions_find_scans,
    queries_find_scans,
    scans_find_captions,
    trained_captions,
)

PLACES = {"a brain": 0, "a heart": 90, "a rare heart": 60, "neuro": 0, "cardio": 85, "beating": 0, "hand of a child": 0}


def at(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


class Reader:
    def embed_text(self, text):
        return at(PLACES[text])


def scan(person, degrees, caption, split="train", region="brain", sequence="T1", tier="open"):
    case = Case(
        f"{person}-{degrees}", person, "made", region, "x.nii", None, {},
        sequence=sequence, caption=caption, split=split, tier=tier,
    )  # fmt: skip
    return Embedded(case, at(degrees), at(degrees), {}, {})


@pytest.fixture
def gallery():
    return [
        scan("p", 5, "a brain"),
        scan("q", 80, "a brain"),  # lies by the hearts
        scan("q", 88, "a heart", region="heart", sequence="cine"),
        scan("r", 70, "a rare heart", "dev", region="heart", sequence="cine"),
        scan("s", 10, "a brain", "dev"),
        scan("t", 45, "", "dev", sequence="unknown"),
    ]


def trained(gallery):
    return trained_captions(one.case for one in gallery)


def values(recall):
    return {k: one.value for k, one in recall.recall.items()}


def test_only_rows_that_may_train_teach_their_captions(gallery):
    assert trained(gallery) == {"a brain", "a heart"}
    assert trained([scan("p", 0, "a brain", tier="eval-only")]) == frozenset()


def test_captions_that_trained_are_told_from_those_that_never_did(gallery):
    found = captions_find_scans(gallery, Reader(), trained(gallery), [True] * 6)
    assert {group: one.queries for group, one in found.items()} == {
        ALL: 3, "caption trained": 2, "caption never trained": 1,
    }  # fmt: skip
    # At 60° the scans at 70° and 45° are nearest; the rare heart is the first of them.
    assert values(found["caption never trained"])[1] == 1.0 and found[ALL].gallery == 6
    assert found["caption trained"].people == 3 and values(found["caption trained"])[1] == 1.0


def test_a_scan_finds_its_caption_among_all_captions(gallery):
    found = scans_find_captions(gallery, Reader(), trained(gallery), [True] * 6)
    assert {group: one.queries for group, one in found.items()} == {
        ALL: 5, "scan and caption trained": 3, "only the caption trained": 1, "neither trained": 1,
    }  # fmt: skip
    assert found[ALL].gallery == 3 and found[ALL].chance.recall[1] == pytest.approx(1 / 3)
    # Of the person with two scans one finds its caption, so half a person does not.
    assert values(found[ALL])[1] == pytest.approx(3.5 / 4)
    assert found["scan and caption trained"].median_rank.value == 1
    # By caption: two of three brains, the heart, the rare heart.
    assert found[ALL].by_answer[1] == pytest.approx((2 / 3 + 1 + 1) / 3)


def test_only_scans_that_ask_and_their_captions_do(gallery):
    asks = [one.case.split == "dev" for one in gallery]
    captions = captions_find_scans(gallery, Reader(), trained(gallery), asks)
    assert captions[ALL].queries == 2 and captions[ALL].gallery == 6, "a brain and a rare heart, over all scans"
    assert captions[ALL].people == 2, "whose scans of that split they are"
    scans = scans_find_captions(gallery, Reader(), trained(gallery), asks)
    assert "scan and caption trained" not in scans and scans[ALL].queries == 2 and scans[ALL].gallery == 3
    assert captions_find_scans(gallery, Reader(), trained(gallery), [False] * 6) == {}
    assert scans_find_captions(gallery, Reader(), trained(gallery), [False] * 6) == {}


def test_written_queries_are_asked_of_scans_of_which_the_answer_is_known(gallery):
    queries = [
        Query("neuro", {"region": "brain"}),
        Query("cardio", {"region": "heart"}),
        Query("beating", {"sequence": "cine"}),
        Query("hand of a child", {"region": "hand"}),
    ]
    found = queries_find_scans(gallery, Reader(), queries)
    assert found["region"].recall.queries == 2, "no scan here is of a hand"
    assert found["region"].recall.gallery == 6 and found["sequence"].recall.gallery == 5
    # The five nearest to neuro: four brains at 5, 10, 45 and 80°, and a heart at 70; to cardio: both hearts and three brains.
    assert found["region"].precision[5].mean == pytest.approx((4 / 5 + 2 / 5) / 2)
    assert found["region"].each["cardio"][5] == pytest.approx(2 / 5)
    assert found["region"].best[5] == pytest.approx((4 / 5 + 2 / 5) / 2)
    assert found["region"].chance == pytest.approx((4 / 6 + 2 / 6) / 2)
    # What beats is sought at the wrong end: two brains lie there, and one of which the sequence is not known does not count.
    assert found["sequence"].recall.median_rank.value == 3
