"""Post-processing as steps."""

import numpy as np
from contour_driver import LARGE, SMALL, choose, click, press, voxels, wait


def test_post_processing_is_a_step_that_can_be_undone(by_hand, balls):
    click(by_hand, balls, LARGE)
    before, ui = voxels(by_hand, balls, "optic chiasm"), by_hand.contourPanel.ui
    ui.operationCombo.currentIndex = ui.operationCombo.findData("grow")
    ui.widthSpin.value = 4.0
    ui.operationButton.click()
    wait(by_hand)
    after = voxels(by_hand, balls, "optic chiasm")
    assert after[before].all() and after.sum() > 1.3 * before.sum()
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), before)


def test_another_contour_can_be_taken_away(by_hand, balls):
    click(by_hand, balls, LARGE)
    choose(by_hand, "pituitary gland")
    click(by_hand, balls, LARGE)
    click(by_hand, balls, SMALL)
    both, ui = voxels(by_hand, balls, "pituitary gland"), by_hand.contourPanel.ui
    ui.operationCombo.currentIndex = ui.operationCombo.findData("difference")
    ui.otherCombo.currentIndex = ui.otherCombo.findData("optic chiasm")
    ui.operationButton.click()
    wait(by_hand)
    expected = both & ~voxels(by_hand, balls, "optic chiasm")
    np.testing.assert_array_equal(voxels(by_hand, balls, "pituitary gland"), expected)
