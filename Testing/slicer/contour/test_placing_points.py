"""Points by key and by mouse, and those that are refused."""

from contour_driver import LARGE, click, message, points, voxels


def test_a_point_outside_the_scan_is_refused_in_words_and_goes(by_hand, balls):
    click(by_hand, balls, (200, 0, 0))
    assert "outside the volume" in message(by_hand) and points("positive") == []
    click(by_hand, balls, LARGE)
    assert voxels(by_hand, balls, "optic chiasm")[LARGE] and message(by_hand) == ""


def test_without_a_chosen_contour_a_point_is_refused_in_words(contour, balls):
    contour.contourPanel._points.node(True).AddControlPointWorld(0.0, 0.0, 0.0)
    assert "Choose a scan and a contour" in message(contour) and points("positive") == []


def test_a_pressed_button_places_points_by_mouse(by_hand):
    import slicer

    ui, interaction = by_hand.contourPanel.ui, slicer.app.applicationLogic().GetInteractionNode()
    ui.positiveButton.click()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    ui.negativeButton.click()
    node = slicer.mrmlScene.GetNodeByID(slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID())
    assert node.GetAttribute("MRIFoundation.Points") == "negative" and not ui.positiveButton.checked
    by_hand.ui.contourSection.collapsed = True
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform and not ui.negativeButton.checked


def test_keys_are_heard_only_while_the_section_is_open(by_hand):
    def heard():
        return {shortcut.enabled for shortcut in by_hand.contourPanel.keys._shortcuts}

    assert heard() == {True}
    by_hand.exit()
    assert heard() == {False}
    by_hand.enter()
    assert heard() == {True}
    by_hand.ui.segmentSection.collapsed = False
    assert heard() == {False}
