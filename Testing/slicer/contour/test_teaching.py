"""A contour used as an example of a structure from now on."""

import pytest
from contour_driver import LARGE, SMALL, choose, click, message, wait
from volumes import add_volume


@pytest.fixture(autouse=True)
def own_structures(client):
    """Whatever these tests teach is forgotten afterwards."""
    from double.events import beside

    yield
    for one in beside(lambda: client.json("GET", "/v1/structures"))["structures"]:
        beside(lambda name=one["name"]: client.json("DELETE", f"/v1/structures/{name}"))


def teach(widget, name):
    widget.contourPanel.ui.teachLine.setText(name)
    widget.contourPanel.ui.teachButton.click()
    wait(widget)


def mirrored(volume):
    """Another scan, whose voxels are those of `volume` in reverse order."""
    import slicer
    from MRIFoundationLib.Scene import world_affine

    voxels = slicer.util.arrayFromVolume(volume).transpose(2, 1, 0)[::-1]
    return add_volume("other balls", voxels, world_affine(volume))


def test_one_contour_makes_a_name_that_can_be_asked_for_and_a_second_case_improves_it(by_hand, balls):
    ui = by_hand.contourPanel.ui
    assert ui.teachLine.text == "", "an organ without a contour is no example"
    click(by_hand, balls, LARGE)
    assert ui.teachLine.text == "optic chiasm" and "has this name already" in ui.teachFacts.text
    teach(by_hand, "bright ball")
    assert "can be asked for now" in message(by_hand) and "Taught by one case" in ui.teachFacts.text
    names = [one["name"] for one in by_hand.connection.info["structures"] if one.get("taught")]
    assert names == ["bright ball"]
    second = mirrored(balls)
    by_hand.ui.scanSelector.setCurrentNode(second)
    by_hand.contourPanel.parameters.segmentation = None
    choose(by_hand, "optic chiasm")
    click(by_hand, second, (39 - LARGE[0], *LARGE[1:]))
    teach(by_hand, "bright ball")
    assert "Taught by 2 cases" in ui.teachFacts.text and "mean Dice" in ui.teachFacts.text


def test_what_cannot_be_taught_is_told(by_hand, balls):
    ui = by_hand.contourPanel.ui
    click(by_hand, balls, SMALL)
    ui.teachLine.setText("   ")
    assert not ui.teachButton.enabled
    ui.undoButton.click()
    wait(by_hand)
    teach(by_hand, "nothing at all")
    assert "is empty" in message(by_hand)
