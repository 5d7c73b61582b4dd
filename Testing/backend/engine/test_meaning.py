"""Words that no vocabulary reads suggest what is near in meaning."""

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import meaning
from mrifoundation.engine.asks import asks_of
from mrifoundation.engine.meaning import nearest_in_meaning
from mrifoundation.errors import InputError

KNOWN = ("liver", "spleen", "left kidney", "right kidney", "mandible", "femur", "left ventricular myocardium")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    return tmp_path / "words" / "wordings.npz"


def nearest(text):
    return nearest_in_meaning(text, Vocabulary.load(), KNOWN)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("hepatic organ", "liver"),
        ("bone of the chin", "mandible"),
        ("ring of contracting heart muscle", "left ventricular myocardium"),
        ("nephrological organ of the left flank", "left kidney"),
    ],
)
def test_what_is_meant_comes_first(text, first):
    assert nearest(text)[0] == first


@pytest.mark.parametrize("text", ["xyzzy", "left", "", "invoice of last month"])
def test_what_means_nothing_known_suggests_nothing(text):
    assert nearest(text) == ()


def test_they_stand_before_names_that_are_only_written_alike():
    with pytest.raises(InputError, match=r"'hepatic organ' is not known; name one of the nearest \(liver, "):
        asks_of(["hepatic organ"], Vocabulary.load(), KNOWN)
    asked = asks_of(["hepatic organ"], Vocabulary.load(), KNOWN, free_text=True)
    assert asked.suggestions["hepatic organ"][0] == "liver" and asked.asks[0].sentences == ("hepatic organ",)


def test_the_encoder_is_not_asked_where_nobody_reads_suggestions(monkeypatch):
    monkeypatch.setattr("mrifoundation.engine.asks.nearest_in_meaning", lambda *_: pytest.fail("a click would wait"))
    with pytest.raises(InputError, match="hepatic organ"):
        asks_of(["hepatic organ"], Vocabulary.load(), KNOWN, suggest=False)


def test_a_known_name_of_what_the_weights_never_learned_is_not_guessed_at():
    asked = asks_of(["prostate"], Vocabulary.load(), KNOWN, free_text=True)
    assert "has not learned" in asked.asks[0].explanation and asked.suggestions["prostate"][0] != "liver"


def test_wordings_are_read_once_and_a_damaged_file_is_written_anew(cache, monkeypatch):
    assert nearest("hepatic organ")[0] == "liver"
    with np.load(cache) as file:
        kept = file["vectors"]
    assert nearest("hepatic organ")[0] == "liver" and len(kept) == len(meaning._wordings(Vocabulary.load(), KNOWN)[0])
    cache.write_bytes(cache.read_bytes()[:100])
    assert nearest("hepatic organ")[0] == "liver"
    with np.load(cache) as file:
        np.testing.assert_array_equal(file["vectors"], kept)


def test_without_the_encoder_names_are_suggested_by_their_letters(monkeypatch, tmp_path):
    from mrifoundation.model.text_tower import TextTower

    TextTower.load.cache_clear()
    monkeypatch.setenv("MRIFOUNDATION_TEXT_MODEL", str(tmp_path / "none"))
    try:
        assert nearest("hepatic organ") == ()
    finally:
        TextTower.load.cache_clear()
