"""The hand-written queries are in words that no sentence of the training has."""

import re
from pathlib import Path

import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.evaluation.retrieval_queries import Query, hand_written
from mrifoundation_training.reports.sentences import wording

PACK = Path(__file__).parents[4] / "shared/data/volumes.csv"


def phrases_of(entry):
    """All phrases of a part of wording.yaml: what is said of each value of a fact, or a plain list."""
    return {phrase for one in (entry.values() if isinstance(entry, dict) else [entry]) for phrase in one}


def said_in(phrases, text):
    """Which phrases stand in the text as whole words, however they are written."""
    return {one for one in phrases if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, re.IGNORECASE)}


def test_there_are_enough_and_all_different():
    queries = hand_written()
    assert len({query.text.lower() for query in queries}) == len(queries) >= 40
    kinds = [query.kind for query in queries]
    assert all(kinds.count(kind) >= 8 for kind in ("region", "sequence", "region and sequence"))


@pytest.mark.parametrize("query", hand_written(), ids=lambda query: query.text)
def test_no_template_and_no_structure_is_in_a_query(query):
    templates = {phrase for entry in wording().values() for phrase in phrases_of(entry)}
    assert len(templates) > 100 and {"head", "T1w", "scan"} <= templates
    assert not said_in(templates, query.text), "sentences of the training are put together from these"
    vocabulary = Vocabulary.load()
    assert not said_in({name for one in vocabulary for name in (one.name, *one.synonyms)}, query.text)


@pytest.mark.skipif(not PACK.is_file(), reason="the data pack is not here")
def test_each_is_answered_in_the_pack_and_none_is_a_caption_of_it():
    cases = [case for case in read_manifest(PACK) if case.image]
    captions = " | ".join({case.caption for case in cases})
    for query in hand_written():
        assert any(query.answered_by(case) for case in cases), query.text
        assert query.text.lower() not in captions.lower()


def test_an_answer_must_be_all_that_is_wanted_and_known_to_be():
    query = Query("q", {"region": "brain", "sequence": "T1"})
    case = Case("a", "a", "made", "brain", None, None, {}, sequence="T1")
    assert query.kind == "region and sequence" and query.judges(case) and query.answered_by(case)
    other = Case("a", "a", "made", "brain", None, None, {}, sequence="T2")
    assert query.judges(other) and not query.answered_by(other)
    assert not query.judges(Case("a", "a", "made", "brain", None, None, {}))
