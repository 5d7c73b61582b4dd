"""Lines for a path: one that is emptied is heard like any other change, which CTK's own signal does not tell."""

from pathlib import Path

import pytest


@pytest.fixture
def written(panel):
    """The Report section with a text in it, without a backend."""
    panel.reportPanel.ui.reportEditor.html = "<p>No finding.</p>"
    panel.reportPanel.refresh()
    return panel.reportPanel.ui


def test_every_change_is_heard_once_and_the_last_one_too(slicer_app):
    import ctk
    from MRIFoundationLib import PathLine

    line, heard = ctk.ctkPathLineEdit(), []
    PathLine.listen(line, lambda: heard.append(line.currentPath))
    for path in ("a", "ab", "", "b"):
        line.currentPath = path
    assert heard == ["a", "ab", "", "b"]


def test_the_double_tells_no_path_as_ctk_does(slicer_app):
    """updateHasValidInput of ctkPathLineEdit: the pattern without name filters is .+"""
    import ctk

    line, heard = ctk.ctkPathLineEdit(), []
    line.connect("currentPathChanged(QString)", heard.append)
    line.connect("validInputChanged(bool)", heard.append)
    for path in ("a", "ab", "", "b"):
        line.currentPath = path
    assert heard == ["a", True, "ab", False, "b", True]


def test_nothing_is_saved_to_an_emptied_line(written):
    assert written.saveButton.enabled
    written.savePath.currentPath = ""
    assert not written.saveButton.enabled
    written.savePath.currentPath = "report.html"
    assert written.saveButton.enabled


@pytest.mark.parametrize("typed", ["", "/", "."])
def test_a_format_can_be_chosen_whatever_the_line_says(written, typed):
    written.savePath.currentPath = typed
    written.saveKindCombo.currentIndex = written.saveKindCombo.findData("pdf")
    expected = Path(typed) / "report.pdf" if typed else Path.home() / "report.pdf"
    assert Path(written.savePath.currentPath) == expected


@pytest.mark.parametrize("typed", ["", "/", "."])
def test_a_kind_of_contours_can_be_chosen_whatever_the_line_says(panel, typed):
    ui = panel.contourPanel.ui
    ui.exportPath.currentPath = typed
    ui.exportCombo.currentIndex = ui.exportCombo.findData("nifti")
    expected = Path(typed) / "contours.nii.gz" if typed else Path.home() / "contours.nii.gz"
    assert Path(ui.exportPath.currentPath) == expected


def test_nothing_is_imported_from_an_emptied_line_and_no_series_is_sent(panel):
    ui, box = panel.contourPanel.ui, panel.contourPanel.files._box
    box.refresh(can_export=True, can_import=True, has_database=False, is_known=False)
    ui.importPath.currentPath = ui.seriesPath.currentPath = "/data/contours"
    assert ui.importButton.enabled and box._series() == "/data/contours"
    ui.importPath.currentPath = ui.seriesPath.currentPath = ""
    assert not ui.importButton.enabled and box._series() == ""
