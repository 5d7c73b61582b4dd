"""The prompt line as text."""

import pytest
from MRIFoundationLib.PromptText import complete, correct, item_at, linked, worth_saying


@pytest.mark.parametrize(
    ("text", "cursor", "item"),
    [
        ("hip", 3, "hip"),
        ("liver, left hip", 15, "left hip"),
        ("liver, left hip", 3, "liver"),
        ("liver; spl", 10, "spl"),
        ("liver, ", 7, ""),
        ("", 0, ""),
    ],
)
def test_the_item_under_the_cursor_is_found(text, cursor, item):
    start, end = item_at(text, cursor)
    assert text[start:end] == item


def test_a_completion_replaces_the_last_item_of_a_list():
    assert complete("liver,hip", 9, "left hippocampus") == ("liver, left hippocampus", 23)


def test_a_completion_in_the_middle_leaves_the_rest():
    assert complete("liv, spleen", 3, "liver") == ("liver, spleen", 5)


def test_a_suggestion_replaces_the_wrong_word_only():
    assert correct("liver, hipo, hipopo", "hipo", "hippocampus") == "liver, hippocampus, hipopo"


def test_a_suggestion_for_a_word_that_is_gone_stands_alone():
    assert correct("spleen", "hipo", "hippocampus") == "hippocampus"


def test_known_names_in_a_sentence_become_links_and_the_rest_stays_text():
    text = linked(
        "'<livr>' is not known; the nearest known names are left kidney and kidney.",
        ["kidney", "left kidney"],
        "<livr>",
    )
    assert text.count("<a ") == 2 and ">left kidney</a>" in text and "&lt;livr&gt;" in text


def test_only_what_was_read_otherwise_is_worth_saying():
    sentences = ["'Liver' was read as liver.", "'hepar' was read as liver.", "'hepar' was read as liver."]
    assert worth_saying(sentences) == ["'hepar' was read as liver."]
    sided = [f"'{one}' was read as kidney, left and right together." for one in ("Kidney", "kidneys")]
    assert worth_saying(sided) == sided[1:]
