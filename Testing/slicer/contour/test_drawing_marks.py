"""Scribbles, boxes and lassos, drawn with the mouse after the key of their sign."""

import numpy as np
from contour_driver import (
    LARGE,
    SMALL,
    at_backend,
    choose_mark,
    click,
    draw,
    edit_beside,
    message,
    points,
    press,
    segmentation,
    slicer_array,
    voxels,
    wait,
)


def shapes():
    import slicer

    kinds = ("vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsROINode")  # a closed curve is a curve too
    return [node for kind in kinds for node in slicer.util.getNodesByClass(kind)]


def ring(middle, radius):
    """Voxels around a middle in one slice."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return [(middle[0] + radius * np.cos(a), middle[1] + radius * np.sin(a), middle[2]) for a in angles]


def test_a_lasso_takes_and_clears_what_it_encloses_in_its_slice(by_hand, balls, client):
    choose_mark(by_hand, "lasso")
    draw(by_hand, balls, ring(LARGE, 5))
    drawn = voxels(by_hand, balls, "optic chiasm")
    away = np.linalg.norm(np.indices(drawn.shape[:2]).transpose(1, 2, 0) - LARGE[:2], axis=-1)
    assert drawn[away < 4, LARGE[2]].all() and not drawn[away > 6].any() and drawn.any(axis=(0, 1)).sum() == 1
    np.testing.assert_array_equal(drawn, at_backend(client, by_hand, "optic chiasm"))
    draw(by_hand, balls, ring(LARGE, 2.5), "N")
    assert not voxels(by_hand, balls, "optic chiasm")[away < 2, LARGE[2]].any()
    assert shapes() == [] and not by_hand.contourPanel.ui.negativeButton.checked
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), drawn)


def test_a_box_finds_what_is_inside_it_and_a_negative_one_empties_it(by_hand, balls):
    choose_mark(by_hand, "box")
    draw(by_hand, balls, [np.subtract(SMALL, 6), np.add(SMALL, 6)])
    drawn = voxels(by_hand, balls, "optic chiasm")
    truth = slicer_array(balls) > 180
    truth[: SMALL[0] - 8] = False
    assert 2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()) > 0.8
    draw(by_hand, balls, [np.subtract(SMALL, 20), np.add(SMALL, 20)], "N")  # beyond the scan: what is in it counts
    assert not voxels(by_hand, balls, "optic chiasm")[:, :, 8:26].any() and message(by_hand) == ""


def test_a_scribble_grows_as_a_point_does_and_forgets_undone_points(by_hand, balls):
    click(by_hand, balls, SMALL)
    press(by_hand, "U")
    wait(by_hand)
    choose_mark(by_hand, "scribble")
    draw(by_hand, balls, [np.subtract(LARGE, (3, 0, 0)), LARGE, np.add(LARGE, (3, 2, 0))])
    drawn = voxels(by_hand, balls, "optic chiasm")
    truth = slicer_array(balls) > 180
    truth[22:] = False
    assert 2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()) > 0.8
    assert points("positive") == []


def test_what_is_no_shape_or_lies_outside_is_told_and_goes(by_hand, balls):
    choose_mark(by_hand, "lasso")
    draw(by_hand, balls, [LARGE, SMALL])
    assert "too few points" in message(by_hand) and shapes() == []
    choose_mark(by_hand, "box")
    draw(by_hand, balls, [(100, 100, 100), (110, 110, 110)])
    assert "outside the volume" in message(by_hand) and shapes() == []


def test_a_shape_that_was_begun_goes_with_the_section(by_hand):
    import slicer

    interaction = slicer.app.applicationLogic().GetInteractionNode()
    choose_mark(by_hand, "lasso")
    press(by_hand, "P")
    assert (
        interaction.GetCurrentInteractionMode() == interaction.Place and by_hand.contourPanel.ui.positiveButton.checked
    )
    by_hand.ui.contourSection.collapsed = True
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform and shapes() == []
    assert not by_hand.contourPanel.ui.positiveButton.checked


def test_a_drawn_mark_follows_on_what_the_segment_editor_did(by_hand, balls, client):
    click(by_hand, balls, LARGE)
    edit_beside(by_hand, "optic chiasm", np.s_[:, :, :4])
    choose_mark(by_hand, "lasso")
    draw(by_hand, balls, ring((LARGE[0], LARGE[1], 30), 3))
    after = voxels(by_hand, balls, "optic chiasm")
    assert after[LARGE[0], LARGE[1], 30] and segmentation(by_hand) is not None
    np.testing.assert_array_equal(after, at_backend(client, by_hand, "optic chiasm"))
