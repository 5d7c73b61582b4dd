"""A set of organs at risk in one pass, and what is drawn by hand."""

import numpy as np
from contour_driver import (
    LARGE,
    at_backend,
    cells,
    choose_set,
    click,
    message,
    points,
    row,
    segmentation,
    slicer_array,
    voxels,
    wait,
)


def test_a_set_of_organs_comes_in_one_pass_and_the_rest_is_listed_to_be_drawn_by_hand(contour):
    choose_set(contour, "abdomen")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    names = cells(contour, 1)
    assert {"liver", "left kidney", "right kidney", "spleen"} <= set(names)
    hand = [name for name, decision in zip(names, cells(contour, 4), strict=True) if decision == "by hand"]
    assert "stomach" in hand and segmentation(contour).GetSegmentation().GetSegment("stomach") is None
    assert "drawn by hand" in message(contour) and "stomach" in message(contour)
    found = [name for name in names if name not in hand]
    assert found and all(row(contour, name)[3].startswith("±") for name in found), "the borders were checked as well"


def test_doses_are_told_beside_the_organs_as_reference_text_with_their_source(by_hand):
    table, combo = by_hand.contourPanel.ui.contourTable, by_hand.contourPanel.ui.organCombo
    tips = {table.item(line, 1).text(): table.item(line, 1).toolTip() for line in range(table.rowCount)}
    assert "maximum 55 Gy. Reference text, no advice: Marks et al." in tips["optic chiasm"]
    assert "Gy" not in tips["pituitary gland"]
    assert "brainstem, Brainstem, maximum 54 Gy" in combo.toolTip and "no advice" in combo.toolTip


def test_one_key_draws_an_organ_that_the_backend_does_not_know(by_hand, balls, client):
    click(by_hand, balls, LARGE)
    drawn, truth = voxels(by_hand, balls, "optic chiasm"), np.zeros((40, 44, 36), bool)
    truth[:22] = (slicer_array(balls) > 180)[:22]
    assert 2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()) > 0.9
    np.testing.assert_array_equal(drawn, at_backend(client, by_hand, "optic chiasm"))
    millilitres = drawn.sum() * 15 / 1000
    assert abs(float(row(by_hand, "optic chiasm")[2]) - millilitres) < 0.06 and points("positive") == [1]
