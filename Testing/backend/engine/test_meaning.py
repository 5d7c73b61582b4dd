"""Words that no vocabulary reads suggest what is near in meaning."""

import numpy as np
import pytest

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import wording_vectors
from mrifoundation.engine.asks import asks_of
from mrifoundation.engine.meaning import nearest_in_meaning
from mrifoundation.errors import InputError
from mrifoundation_training.wording_vectors import all_wordings

KNOWN = ("liver", "spleen", "left kidney", "right kidney", "mandible", "femur", "left ventricular myocardium")


def nearest(text, *shown):
    return nearest_in_meaning(text, Vocabulary.load(), KNOWN, lambda names: [name for name in names if name in shown])


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


@pytest.mark.parametrize(
    ("shown", "first"), [((), "mandible"), (("femur", "liver"), "femur"), (("right kidney", "spleen"), "mandible")]
)
def test_what_the_scan_shows_is_put_forward_where_it_is_near(shown, first):
    assert nearest("bone that the teeth and the hip sit in", *shown)[0] == first


def test_one_side_in_view_is_enough_and_the_side_that_is_told_is_suggested():
    assert nearest("organ beside the stomach on the left") == ("spleen", "liver", "left kidney")
    assert nearest("organ beside the stomach on the left", "right kidney") == ("spleen", "left kidney", "liver")


def test_what_ships_is_what_the_encoder_reads_in_every_wording_of_the_vocabulary():
    wordings = all_wordings()
    assert set(wordings) == set(wording_vectors._shipped()), "run python -m mrifoundation_training.wording_vectors"
    some = wordings[::60]
    np.testing.assert_allclose(wording_vectors.vectors_of(some), wording_vectors.read(some), atol=1e-3)


def test_what_does_not_ship_is_read_once(monkeypatch):
    (first,) = wording_vectors.vectors_of(["gland that somebody taught"])
    monkeypatch.setattr(wording_vectors, "read", lambda texts: pytest.fail(f"{texts} were read again"))
    np.testing.assert_array_equal(wording_vectors.vectors_of(["gland that somebody taught", "liver"])[0], first)


def test_without_the_encoder_names_are_suggested_by_their_letters(monkeypatch, tmp_path):
    from mrifoundation.model.text_tower import TextTower

    TextTower.load.cache_clear()
    monkeypatch.setenv("MRIFOUNDATION_TEXT_MODEL", str(tmp_path / "none"))
    try:
        assert nearest("hepatic organ") == ()
    finally:
        TextTower.load.cache_clear()
