"""Prompts in free words are varied, stay on their side, and are never the name of something else."""

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation.anatomy.descriptions import descriptions
from mrifoundation.anatomy.index import index_of
from mrifoundation.anatomy.wording import canonical
from mrifoundation_training.prompts.wordings import slipped, worded

VOCABULARY = Vocabulary.load()


def drawn(name, count=40):
    rng = np.random.default_rng(0)
    return [worded(rng, name, VOCABULARY) for _ in range(count)]


def test_a_prompt_varies_in_synonym_description_phrasing_side_and_spelling():
    texts = drawn("left hippocampus", 200)
    assert len(set(texts)) > 150 and texts == drawn("left hippocampus", 200)
    for told in ("cornu ammonis", "seahorse", "on this scan", "(L)", "on the left"):
        assert any(told in text for text in texts), told
    known = {word for key in index_of(VOCABULARY).meanings for word in key.split()}
    assert any("hip" in text and not set(canonical(text).split()) & {"hippocampus", "hippo"} & known for text in texts)


@pytest.mark.parametrize("name", ["left kidney", "right gluteus maximus muscle", "left cerebral white matter lesion"])
def test_the_side_is_always_said_and_never_the_other(name):
    side, other = ("left", "l", "lt"), ("right", "r", "rt")
    side, other = (side, other) if name.startswith("left") else (other, side)
    for text in drawn(name):
        words = canonical(text).split()
        assert set(side) & set(words) and not set(other) & set(words), text


def test_groups_are_asked_for_by_name_and_synonym():
    texts = " ".join(drawn("basal ganglia"))
    assert "basal ganglia" in texts and "nuclei basales" in texts


def test_a_slip_changes_letters_and_neither_numbers_nor_short_words():
    rng = np.random.default_rng(0)
    texts = [slipped(rng, "T12 vertebra of the spine") for _ in range(30)]
    assert all(text != "T12 vertebra of the spine" and text.split()[0] == "T12" for text in texts)
    assert all(text.split()[2:4] == ["of", "the"] for text in texts)


def test_no_prompt_is_the_name_of_another_structure():
    """Whatever the letters do, a prompt that the vocabulary knows as it stands means what was asked for."""
    rng = np.random.default_rng(1)
    for structure in list(VOCABULARY)[::7]:
        for _ in range(4):
            found = index_of(VOCABULARY).exact(canonical(worded(rng, structure.name, VOCABULARY)))
            assert found is None or found.name in (structure.name, structure.name.removeprefix(f"{structure.side} "))


def test_what_is_described_is_in_the_vocabulary():
    assert set(descriptions()) <= set(VOCABULARY.names)
