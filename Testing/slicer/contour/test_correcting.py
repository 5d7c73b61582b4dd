"""Corrections by points: what they change, undo and redo, haste, the Segment Editor beside them."""

import numpy as np
from contour_driver import (
    LARGE,
    SMALL,
    at_backend,
    cells,
    choose,
    choose_set,
    click,
    edit_beside,
    message,
    point_at,
    points,
    press,
    row,
    segmentation,
    voxels,
    wait,
)


def test_a_correction_changes_only_its_box_and_no_other_segment(contour, balls, client):
    choose_set(contour, "abdomen")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    known = [name for name in cells(contour, 1) if row(contour, name)[4] != "by hand"]
    before, name = {name: voxels(contour, balls, name) for name in known}, known[-1]
    assert len(known) > 1
    choose(contour, name)
    inside = tuple(np.argwhere(before[name])[before[name].sum() // 2])
    beside = tuple(np.argwhere(before[known[0]])[before[known[0]].sum() // 2])
    for voxel, sign in ((inside, -1), (beside, 1)):
        click(contour, balls, voxel, sign)
        after = voxels(contour, balls, name)
        assert after[voxel] == (sign > 0) and (after != before[name]).any()
        np.testing.assert_array_equal(after, at_backend(client, contour, name))
        for other in known[:-1]:
            np.testing.assert_array_equal(voxels(contour, balls, other), before[other], err_msg=other)


def test_undo_and_redo_go_back_and_forth_with_the_points(by_hand, balls):
    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    click(by_hand, balls, SMALL)
    two = voxels(by_hand, balls, "optic chiasm")
    assert (one != two).any() and points("positive") == [1, 1]
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), one)
    assert points("positive") == [1, 0]
    by_hand.contourPanel.ui.redoButton.click()
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), two)
    press(by_hand, "U")
    wait(by_hand)
    click(by_hand, balls, (5, 5, 5), -1)
    assert points("positive") == [1] and points("negative") == [1], "what was undone is forgotten after a new mark"
    for _ in range(3):
        press(by_hand, "U")
        wait(by_hand)
    assert "nothing to undo" in message(by_hand) and not voxels(by_hand, balls, "optic chiasm").any()


def test_clicks_made_while_another_is_worked_on_are_all_taken(by_hand, balls, client):
    from MRIFoundationLib.ContourSegments import state_of

    for voxel, sign in ((LARGE, 1), (SMALL, 1), ((4, 4, 4), -1), ((35, 35, 30), -1)):
        point_at(by_hand, balls, voxel, sign)
    wait(by_hand)
    assert state_of(segmentation(by_hand), "optic chiasm")["position"] == 4
    assert points("positive") == [1, 1] and points("negative") == [1, 1]
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), at_backend(client, by_hand, "optic chiasm"))


def test_what_the_segment_editor_did_meanwhile_is_kept_and_can_be_undone(by_hand, balls, client):
    click(by_hand, balls, LARGE)
    drawn = voxels(by_hand, balls, "optic chiasm")
    edit_beside(by_hand, "optic chiasm", np.s_[:, :, :4])
    erased = voxels(by_hand, balls, "optic chiasm")
    gone = drawn & ~erased
    assert gone.any()
    by_hand.contourPanel.refresh()
    assert row(by_hand, "optic chiasm")[4] == "edited"
    click(by_hand, balls, SMALL)
    after = voxels(by_hand, balls, "optic chiasm")
    assert after[SMALL] and not (after & gone).any()
    np.testing.assert_array_equal(after, at_backend(client, by_hand, "optic chiasm"))
    for expected in (erased, drawn):
        press(by_hand, "U")
        wait(by_hand)
        np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), expected)
