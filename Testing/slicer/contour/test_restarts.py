"""Either side starts again: nothing is lost, nothing is left behind."""

import numpy as np
from contour_driver import LARGE, SMALL, at_backend, cells, click, message, point_at, press, voxels, wait


def test_undo_works_after_a_restart_of_the_backend(by_hand, balls, backend):
    from double.events import wait_until

    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    click(by_hand, balls, SMALL)
    backend.kill()
    press(by_hand, "U")
    wait(by_hand)
    assert message(by_hand), "a backend that is gone is told"
    backend.start()
    by_hand.backendPanel.ui.testButton.click()
    wait_until(lambda: by_hand.connection.connected)
    press(by_hand, "U")
    wait(by_hand)
    np.testing.assert_array_equal(voxels(by_hand, balls, "optic chiasm"), one)


def test_a_backend_that_lost_the_contour_goes_on_from_what_is_shown(by_hand, balls, backend, own_library, client):
    import shutil

    click(by_hand, balls, LARGE)
    one = voxels(by_hand, balls, "optic chiasm")
    backend.kill()
    shutil.rmtree(own_library / "cache")
    backend.start()
    click(by_hand, balls, SMALL)
    two = voxels(by_hand, balls, "optic chiasm")
    assert two[SMALL] and two[LARGE] and (two & one).sum() > 0.9 * one.sum()
    np.testing.assert_array_equal(two, at_backend(client, by_hand, "optic chiasm"))


def test_closing_the_scene_leaves_nothing_behind(by_hand, balls):
    import slicer
    from double.events import spin

    point_at(by_hand, balls, LARGE, 1)
    slicer.mrmlScene.Clear()
    spin(1000)
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode") is None
    assert cells(by_hand, 1) == [] and not by_hand.contourPanel._actions.busy
