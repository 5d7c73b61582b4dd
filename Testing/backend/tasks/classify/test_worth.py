"""What a head is worth is told with how many cases were simulated, and by real people first."""

from dataclasses import replace

import pytest

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.worth import accuracy_facts, calibration_caution, may_be_chance

BINS = [{"given": 0.2, "true": 0.0, "n": 8}, {"given": 0.67, "true": 0.25, "n": 4}]
REAL = {"cases": 12, "patients": 12, "auc": 0.9, "auc_interval": [0.6, 0.98], "reliability": BINS}
CARD = HeadCard(
    "tumour",
    "Tumour",
    "",
    ("no tumour", "tumour"),
    figures={"cases": 65, "patients": 23, "auc": 0.84, "auc_interval": [0.69, 0.92]},
    trained_on={"real": 5, "simulated": True},
)


def told(**figures):
    return [fact.sentence for fact in accuracy_facts(replace(CARD, figures=CARD.figures | figures))]


def test_simulated_and_real_cases_are_told_apart():
    assert told()[0].endswith("on 60 simulated and 5 real cases of 23 people.")
    (alone,) = accuracy_facts(replace(CARD, trained_on={"real": 0, "simulated": True}))
    assert "on 65 simulated cases of 23 people" in alone.sentence
    (real,) = accuracy_facts(replace(CARD, trained_on={"simulated": False}))
    assert "on 65 cases of 23 people" in real.sentence


def test_real_people_come_first_with_their_calibration():
    first, second, last = told(unseen_sources=REAL, development=REAL | {"auc": 0.7})
    assert first.startswith("Asked about 12 real people (tumour: 1), whom it never saw: ") and "0.70 (0.60" in first
    assert second.startswith("Learned from simulated cases alone and asked about 12 real people")
    assert "tumour → came true (cases): 20 → 0 % (8), 67 → 25 % (4)." in second
    assert last.startswith("Cross-validated")


def test_how_many_have_it_among_the_cases_stands_beside_the_figure():
    assert "“tumour”" not in told()[0], "a card without bins does not tell it"
    assert "of whom 8 in 100 are of the class “tumour”, as among these cases; " in told(reliability=BINS)[0]
    five = replace(CARD, classes=tuple("abcde"), figures=CARD.figures | {"reliability": BINS})
    assert accuracy_facts(five)[0].sentence.endswith("of 23 people.")


def given(mean, true, n=12):
    return REAL | {"reliability": [{"given": mean, "true": true, "n": n}]}


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"unseen_sources": REAL}, "too high on 12 real people it never saw: 36 % on average, and it was true of 8 %."),
        ({"development": given(0.3, 0.75)}, "too low on 12 real people it never saw: 30 % on average"),
        ({"development": given(0.3, 0.5), "unseen_sources": REAL}, ""),  # two of them more or less are no doubt
        ({"development": {}}, ""),
        ({}, ""),
    ],
)
def test_probabilities_that_were_off_on_real_people_are_cautioned_of(figures, words):
    caution = calibration_caution(replace(CARD, figures=CARD.figures | figures))
    assert words in caution and bool(words) == bool(caution)


def test_of_several_classes_the_mean_probability_tells_nothing():
    several = replace(CARD, classes=("a", "b", "c"), figures={"development": given(0.3, 0.75)})
    assert calibration_caution(several) == ""


@pytest.mark.parametrize("nothing", [{}, {"auc": None, "auc_interval": [None, None], "patients": 1, "cases": 1}])
def test_people_of_whom_nothing_could_be_told_are_left_out(nothing):
    assert len(told(development=nothing, unseen_sources=nothing)) == 1


@pytest.mark.parametrize(
    ("figures", "people", "chance"),
    [
        ({"auc": 0.8, "auc_interval": [0.5, 0.95]}, [5, 5], True),
        ({"auc": 0.8, "auc_interval": [0.51, 0.95]}, [5, 5], False),
        ({"accuracy": 0.8, "accuracy_interval": [0.6, 0.95], "auc": 0.9}, [9, 3, 3], True),
        ({"accuracy": 0.8, "accuracy_interval": [0.61, 0.95], "auc": 0.9}, [9, 3, 3], False),
        ({}, [5, 5], True),
    ],
)
def test_an_interval_that_holds_what_guessing_gives_may_be_chance(figures, people, chance):
    assert may_be_chance(figures, people) is chance
