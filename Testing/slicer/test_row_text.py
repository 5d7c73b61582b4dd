"""Rows of a segmentation in words."""

TESTED = {"dice": 0.766, "low": 0.74, "high": 0.79, "scans": 8}


def test_the_test_of_a_structure_is_told_as_it_was_measured(scene):
    from MRIFoundationLib import RowText

    row = {"name": "left hippocampus", "explanation": "", "tested": TESTED}
    assert RowText.tested(row) == "0.77"
    assert RowText.about(row) == "left hippocampus\nTested on 8 scans of people: Dice 0.77 (0.74 to 0.79)."
    once = row | {"tested": {"dice": 0.0, "low": 0.0, "high": 0.0, "scans": 1}}
    assert RowText.about(once).endswith("Tested on 1 scan(s) of people: Dice 0.00.")


def test_never_tested_is_not_the_same_as_not_told(scene):
    from MRIFoundationLib import RowText

    assert RowText.tested({"tested": None}) == "–" and RowText.tested({}) == ""
    drawn = {"name": "prostate", "explanation": "Drawn by hand."}
    assert RowText.about(drawn) == "Drawn by hand."
    assert "never tested" in RowText.about(drawn | {"tested": None})
