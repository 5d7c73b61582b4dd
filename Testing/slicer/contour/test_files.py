"""Contours to files and back."""

import numpy as np
from contour_driver import LARGE, cells, click, message, segmentation, voxels, wait


def test_contours_go_out_to_a_file_and_come_back(by_hand, balls, tmp_path):
    click(by_hand, balls, LARGE)
    drawn, ui = voxels(by_hand, balls, "optic chiasm"), by_hand.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData("seg.nrrd")
    ui.exportPath.currentPath = str(tmp_path / "contours.seg.nrrd")
    unwanted = [name for name in cells(by_hand, 1) if segmentation(by_hand).GetSegmentation().GetSegment(name)]
    for name in unwanted:
        if name != "optic chiasm":
            segmentation(by_hand).GetSegmentation().RemoveSegment(name)
    ui.exportButton.click()
    wait(by_hand)
    assert "Written" in message(by_hand), message(by_hand)
    ui.importPath.currentPath = str(tmp_path / "contours.seg.nrrd")
    ui.importButton.click()
    wait(by_hand)
    [name] = [name for name in cells(by_hand, 1) if name.startswith("optic chiasm") and name != "optic chiasm"]
    np.testing.assert_array_equal(voxels(by_hand, balls, name), drawn)


def test_rtstruct_without_a_series_says_what_it_needs(by_hand, balls, tmp_path):
    click(by_hand, balls, LARGE)
    ui = by_hand.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData("rtstruct")
    ui.exportPath.currentPath = str(tmp_path / "contours.dcm")
    ui.exportButton.click()
    wait(by_hand)
    assert "series" in message(by_hand).lower() and not (tmp_path / "contours.dcm").exists()
