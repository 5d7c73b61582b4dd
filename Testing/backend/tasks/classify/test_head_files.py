"""Heads on disk: the same after reading, refused when altered, the user's own before the shipped ones."""

from dataclasses import replace

import numpy as np
import pytest

from mrifoundation import InputError
from mrifoundation.tasks.classify import head_files
from mrifoundation.tasks.classify.head import Head, load_head, save_head


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_HEADS", str(tmp_path / "own"))
    monkeypatch.setattr(head_files, "SHIPPED", tmp_path / "shipped")
    return tmp_path


def test_a_head_read_back_gives_the_same_answer(head, tmp_path):
    saved = save_head(tmp_path, head)
    read = load_head(tmp_path / "test-disease.json")
    values = {"volume": 0.7, "noise": -0.2}
    assert read.card == saved.card
    assert read.probabilities(values)[0]["ill"] == pytest.approx(head.probabilities(values)[0]["ill"], abs=1e-9)
    assert np.array_equal(read.arrays["reference"], head.arrays["reference"])


def test_altered_numbers_are_refused(head, tmp_path):
    save_head(tmp_path, head)
    other = Head(head.card, head.arrays | {"intercept": head.arrays["intercept"] + 1})
    save_head(tmp_path / "other", other)
    (tmp_path / "other" / "test-disease.safetensors").replace(tmp_path / "test-disease.safetensors")
    with pytest.raises(InputError, match="do not belong to its card"):
        load_head(tmp_path / "test-disease.json")


def test_the_users_own_head_wins_over_a_shipped_one(head, own):
    save_head(own / "shipped", head)
    save_head(own / "own", replace(head, card=replace(head.card, title="Mine")))
    assert head_files.find_head("test-disease").card.title == "Mine"
    assert [card.title for card in head_files.list_heads()] == ["Mine"]


def test_an_unknown_head_is_refused_with_those_there_are(head, own):
    save_head(own / "own", head)
    with pytest.raises(InputError, match="choose one of test-disease"):
        head_files.find_head("gout")


def test_a_damaged_card_is_left_out_of_the_list(head, own):
    save_head(own / "own", head)
    (own / "own" / "broken.json").write_text("{")
    assert [card.name for card in head_files.list_heads()] == ["test-disease"]


@pytest.mark.parametrize("name", ["", "../x", "Big", "a b", "-x", "x" * 65])
def test_names_that_cannot_be_files_are_refused(name):
    with pytest.raises(InputError, match="cannot name a head"):
        head_files.check_name(name)
