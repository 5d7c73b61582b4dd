"""Contours to files and back."""

import csv
from pathlib import Path

import numpy as np
import pytest
from contour_driver import LARGE, SMALL, cells, choose, click, edit_beside, message, row, segmentation, voxels, wait
from mr_series import SHAPE, write_series
from volumes import add_volume


@pytest.fixture
def series(by_hand, tmp_path):
    """A DICOM series and the scan that was loaded from it, chosen, with a contour drawn on it."""
    pydicom = pytest.importorskip("pydicom")
    reading = pytest.importorskip("mrifoundation.tasks.exchange")
    folder = write_series(tmp_path / "series", "oblique")
    grid = reading.read_source(folder).grid
    scan = add_volume("series", np.random.default_rng(1).normal(300, 20, SHAPE).astype(np.int16), grid.affine)
    files = {str(pydicom.dcmread(path).SOPInstanceUID): str(path) for path in sorted(folder.iterdir())}
    scan.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    segmentation(by_hand).GetSegmentation().RemoveAllSegments()
    by_hand.ui.scanSelector.setCurrentNode(scan)
    click(by_hand, scan, (30, 26, 7))
    return folder, files, scan


def export(widget, kind, path):
    ui = widget.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData(kind)
    ui.exportPath.currentPath = str(path)
    ui.exportButton.click()
    wait(widget)


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


@pytest.fixture
def drawn(by_hand, balls):
    """Two organs drawn by hand, and nothing else."""
    segmentation(by_hand).GetSegmentation().RemoveAllSegments()
    for name, place in {"optic chiasm": LARGE, "pituitary gland": SMALL}.items():
        choose(by_hand, name)
        click(by_hand, balls, place)
    return by_hand


def reject(widget, name):
    choose(widget, name)
    widget.contourPanel.ui.rejectButton.click()
    wait(widget)
    assert row(widget, name)[4] == "✗"


def exported_names(widget, path):
    reading = pytest.importorskip("mrifoundation.tasks.exchange")
    path.unlink(missing_ok=True)
    export(widget, "seg.nrrd", path)
    assert "Written" in message(widget), message(widget)
    return [one.name for one in reading.import_segments(path).segments]


def test_what_stays_behind_is_named_with_the_reason(drawn, tmp_path):
    reject(drawn, "optic chiasm")
    segmentation(drawn).GetSegmentation().AddEmptySegment("seroma", "seroma")
    assert exported_names(drawn, tmp_path / "contours.seg.nrrd") == ["pituitary gland"]
    told = message(drawn)
    assert "since rejected: optic chiasm." in told and "since empty on this scan: seroma." in told
    still = [name for name in cells(drawn, 1) if name not in ("optic chiasm", "pituitary gland", "seroma")]
    assert still and f"since still to be drawn: {', '.join(still)}." in told


def test_a_rejected_contour_goes_out_once_it_was_corrected(drawn, balls, tmp_path):
    reject(drawn, "optic chiasm")
    click(drawn, balls, SMALL)
    assert exported_names(drawn, tmp_path / "contours.seg.nrrd") == ["optic chiasm", "pituitary gland"]
    assert "since rejected" not in message(drawn)


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_rejected_contour_goes_out_once_another_editor_changed_it(drawn, tmp_path, reloaded):
    reject(drawn, "optic chiasm")
    edit_beside(drawn, "optic chiasm", np.s_[:, :, ::2])
    if reloaded:  # whatever was seen of it before the scene was saved is forgotten then
        drawn.contourPanel._segments._seen.clear()
    assert exported_names(drawn, tmp_path / "contours.seg.nrrd") == ["optic chiasm", "pituitary gland"]


def test_nothing_goes_out_where_all_was_rejected(drawn, tmp_path):
    for name in ("optic chiasm", "pituitary gland"):
        reject(drawn, name)
    export(drawn, "seg.nrrd", tmp_path / "contours.seg.nrrd")
    assert "nothing to export" in message(drawn) and not (tmp_path / "contours.seg.nrrd").exists()


def test_the_table_goes_out_with_names_of_planning_systems_and_doses_with_their_source(drawn, tmp_path):
    reject(drawn, "optic chiasm")
    export(drawn, "csv", tmp_path / "contours.csv")
    assert "Written" in message(drawn), message(drawn)
    with open(tmp_path / "contours.csv", encoding="utf-8-sig", newline="") as file:
        told = {line["structure"]: line for line in csv.DictReader(file)}
    assert list(told) == cells(drawn, 1), "also what was rejected or is still to be drawn"
    chiasm, gland, lens = (told[name] for name in ("optic chiasm", "pituitary gland", "left lens of the eye"))
    assert (chiasm["tg263"], chiasm["state"], lens["tg263"], lens["state"]) == (
        "OpticChiasm",
        "rejected",
        "Lens_L",
        "undrawn",
    )
    assert float(chiasm["volume_ml"]) == pytest.approx(float(row(drawn, "optic chiasm")[2]), abs=0.05)
    assert (chiasm["reference_dose_gy"], chiasm["reference_dose_of"]) == ("55", "maximum")
    assert (
        "QUANTEC" in chiasm["reference_dose_source"]
        and gland["reference_dose_gy"] == gland["reference_dose_source"] == ""
    )


def test_surfaces_go_out_in_a_zip_and_come_back(by_hand, balls, tmp_path):
    drawn = {}
    for name, place in {"optic chiasm": LARGE, "pituitary gland": SMALL}.items():
        choose(by_hand, name)
        click(by_hand, balls, place)
        drawn[name] = voxels(by_hand, balls, name)
    export(by_hand, "stl", tmp_path / "contours.stl")
    assert "contours.zip" in message(by_hand) and (tmp_path / "contours.zip").exists(), message(by_hand)
    segmentation(by_hand).GetSegmentation().RemoveAllSegments()
    ui = by_hand.contourPanel.ui
    ui.importPath.currentPath = str(tmp_path / "contours.zip")
    ui.importButton.click()
    wait(by_hand)
    for name, mask in drawn.items():
        np.testing.assert_array_equal(voxels(by_hand, balls, name), mask)


def test_rtstruct_without_a_series_says_what_it_needs(by_hand, balls, tmp_path):
    click(by_hand, balls, LARGE)
    ui = by_hand.contourPanel.ui
    ui.exportCombo.currentIndex = ui.exportCombo.findData("rtstruct")
    ui.exportPath.currentPath = str(tmp_path / "contours.dcm")
    ui.exportButton.click()
    wait(by_hand)
    assert "series" in message(by_hand).lower() and not (tmp_path / "contours.dcm").exists()


@pytest.mark.parametrize("kind", ["rtstruct", "dicom-seg"])
def test_dicom_goes_out_beside_its_series_and_comes_back(by_hand, series, tmp_path, kind):
    folder, _, scan = series
    drawn, ui = voxels(by_hand, scan, "optic chiasm"), by_hand.contourPanel.ui
    assert drawn.any() and not ui.databaseCheck.visible
    ui.seriesPath.currentPath = str(folder)
    export(by_hand, kind, tmp_path / "contours.dcm")
    assert "Written" in message(by_hand), message(by_hand)
    ui.importPath.currentPath = str(tmp_path / "contours.dcm")
    ui.importButton.click()
    wait(by_hand)
    [name] = [name for name in cells(by_hand, 1) if name.startswith("optic chiasm") and name != "optic chiasm"]
    np.testing.assert_array_equal(voxels(by_hand, scan, name), drawn)
    assert row(by_hand, name)[2] == row(by_hand, "optic chiasm")[2]


def test_contours_of_another_examination_are_noticed_at_a_first_import(by_hand, series, tmp_path):
    from double import dicom_database

    _, files, _ = series
    ui, other = by_hand.contourPanel.ui, write_series(tmp_path / "other", "oblique")
    ui.seriesPath.currentPath = str(other)  # the same grid, in another examination
    export(by_hand, "rtstruct", tmp_path / "contours.dcm")
    assert "Written" in message(by_hand), message(by_hand)
    ui.seriesPath.currentPath, ui.importPath.currentPath = "", str(tmp_path / "contours.dcm")
    with dicom_database.opened() as database:
        database.files.update(files)
        ui.importButton.click()
        wait(by_hand)
    assert "contours read" in message(by_hand) and "another frame of reference" in message(by_hand)


def test_a_series_that_does_not_fit_does_not_keep_contours_from_being_imported(by_hand, series, tmp_path):
    ui = by_hand.contourPanel.ui
    ui.seriesPath.currentPath = str(series[0])
    export(by_hand, "rtstruct", tmp_path / "contours.dcm")
    ui.seriesPath.currentPath = str(write_series(tmp_path / "other", "sagittal"))
    ui.importPath.currentPath = str(tmp_path / "contours.dcm")
    ui.importButton.click()
    wait(by_hand)
    assert "contours read" in message(by_hand) and "was not checked whether the file is of the same" in message(by_hand)
    assert "is not on the grid of this scan" in message(by_hand)


def test_the_next_export_leaves_the_last_one_alone(by_hand, series, tmp_path):
    (tmp_path / "contours.nii.gz").write_bytes(b"of somebody else")
    export(by_hand, "nifti", tmp_path / "contours.nii.gz")
    assert "contours-2.nii.gz" in message(by_hand), message(by_hand)
    assert (tmp_path / "contours.nii.gz").read_bytes() == b"of somebody else"


def test_slicers_dicom_database_gives_the_series_and_takes_the_file(by_hand, series, tmp_path):
    from double import dicom_database

    _, files, _ = series
    with dicom_database.opened() as database:
        by_hand.contourPanel.refresh()
        assert by_hand.contourPanel.ui.seriesLabel.text == "DICOM series:"
        database.files.update(files)
        by_hand.contourPanel.refresh()
        assert by_hand.contourPanel.ui.seriesLabel.text == "DICOM series: ✓"
        by_hand.ui.contourSection.collapsed = False
        by_hand.contourPanel.ui.fileBox.collapsed = False
        export(by_hand, "rtstruct", tmp_path / "contours.dcm")
        assert "DICOM database" in message(by_hand), message(by_hand)
        [kept] = [Path(file) for uid, file in database.files.items() if uid not in files]
        (tmp_path / "contours.dcm").unlink()
        assert kept.name == "contours.dcm" and kept.exists(), "the database keeps what was exported"


def test_contours_are_sent_to_a_real_archive_and_its_key_is_not_kept(by_hand, series, tmp_path):
    import requests
    import slicer
    from orthanc import running_orthanc

    ui = by_hand.contourPanel.ui
    ui.seriesPath.currentPath = str(series[0])
    assert not ui.sendButton.enabled, "no address yet"
    with running_orthanc(tmp_path) as archive:
        ui.archiveLine.setText(f"{archive}/dicom-web")
        ui.archiveKeyLine.setText("a-secret-of-the-archive")
        ui.sendButton.click()
        wait(by_hand)
        assert f"Sent to {archive}" in message(by_hand), message(by_hand)
        [stored] = requests.get(f"{archive}/instances", timeout=30).json()
        assert (
            requests.get(f"{archive}/instances/{stored}/simplified-tags", timeout=30).json()["Modality"] == "RTSTRUCT"
        )
    settings = slicer.app.userSettings()
    assert settings.value("MRIFoundation/PictureArchive") == f"{archive}/dicom-web"
    assert not any("secret" in str(settings.value(key)) for key in settings.allKeys())
    scene = tmp_path / "scene.mrml"
    slicer.mrmlScene.SetURL(str(scene))
    slicer.mrmlScene.Commit()
    assert "secret" not in scene.read_text()


def test_an_archive_that_does_not_answer_is_told(by_hand, series):
    from backend_process import free_port

    ui = by_hand.contourPanel.ui
    ui.seriesPath.currentPath = str(series[0])
    ui.archiveLine.setText(f"http://127.0.0.1:{free_port()}/dicom-web")
    ui.sendButton.click()
    wait(by_hand)
    assert "cannot be reached" in message(by_hand)


def test_a_file_that_holds_no_contours_is_told(by_hand, tmp_path):
    (tmp_path / "notes.dcm").write_text("no contours")
    ui = by_hand.contourPanel.ui
    ui.importPath.currentPath = str(tmp_path / "notes.dcm")
    ui.importButton.click()
    wait(by_hand)
    assert "notes.dcm" in message(by_hand)
    ui.importPath.currentPath = str(tmp_path / "gone.nii.gz")
    ui.importButton.click()
    wait(by_hand)
    assert "cannot be read" in message(by_hand)
