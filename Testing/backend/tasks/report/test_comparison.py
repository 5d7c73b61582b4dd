"""A change is told where it is larger than what drawing may err by, and what cannot be compared is named."""

import numpy as np
import pytest

from mrifoundation.tasks.measure.volumes import Volumes
from mrifoundation.tasks.report.comparison import comparison_section, least_change
from mrifoundation.tasks.report.document import Sentence


@pytest.fixture
def seen(a_volume):
    """seen(liver=100, …): volumes in mL of a scan in which these, and no others of `asked`, were found; a tuple is cut by the edge, a list
    reaches the last slice."""

    def seen(asked=(), **volumes_ml):
        found = {}
        for name, one in volumes_ml.items():
            name, kind = name.replace("_", " "), type(one)
            found[name] = a_volume(name, one if kind in (int, float) else one[0], kind is tuple, kind is list)
        table = [{"name": name} for name in (*found, *asked)]
        return Volumes(found, np.zeros((2, 2, 2)), table)

    return seen


def told(study, now, then, *unlike):
    return [sentence.text for sentence in comparison_section(study.engine, now, then, unlike).sentences]


def test_a_change_beyond_what_drawing_may_err_is_told_in_ml_and_per_cent(study, seen, as_tested):
    as_tested(liver=0.95)
    first = comparison_section(study.engine, seen(liver=200), seen(liver=100)).sentences[0]
    assert first.text == "Liver: 100 mL then, 200 mL now (+100 mL, +100 %)."
    assert first.facts["change_percent"] == 100 and first.facts["told_from_percent_of_mean"] == 15
    assert first.facts["change_percent_of_mean"] == pytest.approx(66.67)
    assert first.facts["center_ras_mm"] == [0, 0, 0] and first.facts["box_ras_mm"][1] == [50, 50, 50], "where it is now"


def test_a_change_within_what_drawing_may_err_is_not_told(study, seen, as_tested):
    as_tested(liver=0.76, spleen=0.95)
    texts = told(study, seen(liver=130, spleen=105), seen(liver=100, spleen=100))
    assert texts[0] == (
        "Not told apart from the uncertainty of drawing (change in % of the mean of both volumes; in brackets, from how many % on "
        "it is told): liver +26 (48), spleen +5 (15)."
    )
    assert len(texts) == 2 and texts[1].startswith("That both scans are of the same person")


@pytest.mark.parametrize(("dice", "percent"), [(0.99, 15), (0.9, 20), (0.5, 100)])
def test_the_worse_a_structure_is_drawn_the_larger_a_change_must_be(study, as_tested, dice, percent):
    as_tested(liver=dice)
    assert least_change(study.engine, "liver") == pytest.approx(percent)


def test_the_low_end_of_the_dice_decides(study, monkeypatch):
    from dataclasses import replace

    row = {"structure": "liver", "dice": 0.95, "interval_95": [0.8, 0.99]}
    monkeypatch.setattr(study.engine, "card", replace(study.engine.card, scores=[row]))
    assert least_change(study.engine, "liver") == pytest.approx(40)


def test_halving_counts_as_much_as_doubling(study, seen, as_tested):
    as_tested(liver=0.7)
    up, down = (told(study, seen(liver=a), seen(liver=b))[0] for a, b in ((200, 100), (100, 200)))
    assert "+100 %" in up and "-50 %" in down


def test_what_was_never_measured_is_named_and_no_change_of_it_told(study, seen, as_tested):
    as_tested(liver=0.95)
    texts = told(study, seen(liver=100, pancreas=90), seen(liver=100, pancreas=40, stomach=300))
    assert "Not compared, since it was not measured how well they are drawn: pancreas, stomach." in texts
    assert sum("pancreas" in text or "stomach" in text for text in texts) == 1


def test_crumbs_are_left_out(study, seen, as_tested):
    as_tested(liver=0.95)
    texts = told(study, seen(liver=100, gallbladder=1.2), seen(liver=100, pancreas=0.4))
    assert not any("gallbladder" in text or "pancreas" in text for text in texts)


def test_what_was_found_in_one_scan_only_is_named_where_it_was_looked_for_in_both(study, seen, as_tested):
    as_tested(liver=0.95, spleen=0.95, brainstem=0.95)
    texts = told(study, seen(asked=["spleen"], liver=100), seen(asked=["liver"], spleen=90, brainstem=20))
    assert "Found now and not in the prior: liver." in texts and "Found in the prior and not now: spleen." in texts
    assert texts[0].endswith("so nothing can be compared.") and not any("brainstem" in text for text in texts)


def test_what_the_edge_cuts_is_not_compared_and_named(study, seen, as_tested):
    as_tested(liver=0.95, spleen=0.95)
    texts = told(study, seen(liver=(60,), spleen=100), seen(liver=120, spleen=100))
    assert "Not compared, since the edge of the field of view cuts them in one of the scans: liver." in texts
    assert not any(text.startswith("Liver") for text in texts)


def test_what_reaches_the_last_slice_is_not_compared_and_named(study, seen, as_tested):
    as_tested(liver=0.95, spleen=0.95, pancreas=0.95)
    texts = told(study, seen(liver=60, spleen=100, pancreas=[9]), seen(liver=[120], spleen=100, pancreas=(30,)))
    why = "Not compared, since they reach the first or last slice in one of the scans, so that part of them may be missing"
    assert f"{why}: liver." in texts and not any(text.startswith("Liver") for text in texts)
    assert "Not compared, since the edge of the field of view cuts them in one of the scans: pancreas." in texts


def test_in_what_else_the_scans_differ_stands_first(study, seen, as_tested):
    as_tested(liver=0.95)
    assert told(study, seen(liver=200), seen(liver=100), Sentence("They differ."))[0] == "They differ."
