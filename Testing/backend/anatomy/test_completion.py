"""The completion list of the prompt line."""

from mrifoundation.anatomy import complete


def test_names_that_start_so_come_first(vocabulary):
    assert complete("hip", vocabulary)[0] in ("hippocampus", "hip bone")
    assert complete("liv", vocabulary)[0] == "liver"


def test_only_the_last_item_is_completed(vocabulary):
    assert complete("liver, sple", vocabulary)[0] == "spleen"
    assert complete("liver and left kid", vocabulary) == ["left kidney"]


def test_a_side_stays_the_side(vocabulary):
    names = complete("left h", vocabulary)
    assert names[0] == "left hip bone" or names[0] == "left hippocampus"
    assert all(vocabulary[name].side == "left" for name in names)


def test_a_side_alone_offers_that_side(vocabulary):
    names = complete("right", vocabulary, limit=300)
    assert len(names) > 50 and all(vocabulary[name].side == "right" for name in names)


def test_synonyms_and_groups_are_offered_by_their_name(vocabulary):
    assert "liver" in complete("hepa", vocabulary)
    assert "basal ganglia" in complete("basal", vocabulary)
    assert "organs at risk, brain" in complete("organs at", vocabulary)


def test_a_word_inside_a_name_counts_after_its_start(vocabulary):
    names = complete("horn", vocabulary)
    assert "inferior lateral ventricle" in names


def test_no_more_than_asked_for_and_no_name_twice(vocabulary):
    names = complete("m", vocabulary, limit=7)
    assert len(names) == 7 == len(set(names))


def test_nothing_typed_and_nothing_known_offer_nothing(vocabulary):
    assert complete("", vocabulary) == []
    assert complete("liver, ", vocabulary) == []
    assert complete("xyzzy", vocabulary) == []
    assert "humerus" not in complete("hum", vocabulary)
