"""The Report section, driven as a person would, against a real backend."""

import numpy as np
import pytest

PATIENCE = 900.0  # seconds, for a machine that is busy


@pytest.fixture
def written(connected, head):
    """The module with a draft about the head."""
    connected.ui.reportSection.collapsed = False
    connected.ui.profileCombo.currentText = "fast"
    connected.ui.scanSelector.setCurrentNode(head)
    ui = connected.reportPanel.ui
    ui.reportAgeSpin.value = 71
    ui.writeButton.click()
    wait_for(lambda: not connected.requests.busy, "the draft")
    assert ui.reportEditor.plainText.strip(), ui.messageLabel.text
    return connected


def wait_for(reached, what):
    from double.events import wait_until

    wait_until(reached, PATIENCE, what)


def save(widget, path):
    ui = widget.reportPanel.ui
    ui.savePath.currentPath = str(path)
    assert ui.saveButton.enabled
    ui.saveButton.click()
    wait_for(lambda: "Saved as" in ui.messageLabel.text, "the file")
    return path.read_bytes()


def edit(widget):
    """Type at the end of the report."""
    ui = widget.reportPanel.ui
    ui.reportEditor.append("Checked by hand.")


def test_sentences_carry_the_numbers_that_they_rest_on(written):
    editor, tips = written.reportPanel.ui.reportEditor, set()
    cursor = editor.textCursor()
    for place in range(1, len(editor.plainText)):
        cursor.setPosition(place)
        tips.add(cursor.charFormat().toolTip())
    assert any(any(letter.isdigit() for letter in tip) for tip in tips)


def test_a_draft_is_saved_in_each_format(written, tmp_path):
    assert b"<html" in save(written, tmp_path / "report.html").lower()
    assert save(written, tmp_path / "report.pdf").startswith(b"%PDF")
    assert save(written, tmp_path / "report.dcm")[128:132] == b"DICM"


def test_an_edited_report_is_saved_as_edited_and_the_dicom_says_what_it_holds(written, tmp_path):
    edit(written)
    assert b"Checked by hand." in save(written, tmp_path / "report.html")
    assert save(written, tmp_path / "report.pdf").startswith(b"%PDF")
    save(written, tmp_path / "report.dcm")
    assert "without your changes" in written.reportPanel.ui.messageLabel.text


def test_a_place_that_cannot_be_written_is_told(written, tmp_path):
    ui = written.reportPanel.ui
    ui.savePath.currentPath = str(tmp_path / "nowhere" / "report.html")
    ui.saveButton.click()
    assert "cannot be written" in ui.messageLabel.text


def test_the_text_lives_in_the_scene(written, tmp_path):
    import slicer

    edit(written)
    wait_for(lambda: "Checked by hand." in written.reportPanel._parameters.reportText, "the typed text")
    file = str(tmp_path / "scene.mrml")
    slicer.mrmlScene.SetURL(file)
    slicer.mrmlScene.Commit(file)
    slicer.mrmlScene.Clear()
    written.enter()
    assert written.reportPanel.ui.reportEditor.plainText == ""
    slicer.mrmlScene.SetURL(file)
    slicer.mrmlScene.Import()
    written.enter()
    assert "Checked by hand." in written.reportPanel.ui.reportEditor.plainText


def test_the_age_is_the_same_in_both_sections(written):
    assert written.classifyPanel.ui.personAgeSpin.value == 71


def test_a_backend_that_dies_under_a_draft_is_told_and_the_text_stays(written, backend):
    ui, before = written.reportPanel.ui, written.reportPanel.ui.reportEditor.plainText
    backend.kill()
    ui.writeButton.click()
    wait_for(lambda: not written.requests.busy, "the refusal")
    assert "Nothing answers" in ui.messageLabel.text and ui.reportEditor.plainText == before


def test_a_report_is_not_saved_while_another_scan_is_chosen(written, head, tmp_path):
    import slicer

    ui = written.reportPanel.ui
    other = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(head)[::-1].copy(), name="other")
    written.ui.scanSelector.setCurrentNode(other)
    assert not ui.saveButton.enabled and f"This report is about {head.GetName()}" in ui.messageLabel.text
    written.ui.scanSelector.setCurrentNode(head)
    assert ui.saveButton.enabled and "This report is about" not in ui.messageLabel.text


def test_a_file_of_another_report_is_not_overwritten(written, tmp_path):
    (tmp_path / "report.html").write_text("of yesterday")
    ui = written.reportPanel.ui
    ui.savePath.currentPath = str(tmp_path / "report.html")
    ui.saveButton.click()
    wait_for(lambda: "Saved as" in ui.messageLabel.text, "the file")
    assert (tmp_path / "report.html").read_text() == "of yesterday"
    assert "report-2.html" in ui.messageLabel.text and ui.savePath.currentPath.endswith("report-2.html")
    ui.saveButton.click()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["report-2.html", "report.html"], "its own may be"


def test_a_pdf_that_cannot_be_written_is_told_when_the_report_was_edited(written, tmp_path):
    edit(written)
    ui = written.reportPanel.ui
    ui.savePath.currentPath = str(tmp_path / "nowhere" / "report.pdf")
    ui.saveButton.click()
    assert "cannot be written" in ui.messageLabel.text


def test_similar_cases_of_the_library_are_quoted_where_that_is_wanted(written, filled_library):
    panel = written.reportPanel
    assert not panel.ui.quotesSimilarCheck.checked and "Similar cases" not in panel.ui.reportEditor.plainText
    panel.ui.quotesSimilarCheck.click()
    panel.ui.writeButton.click()
    wait_for(lambda: not written.requests.busy, "the draft")
    assert "Similar cases" in panel.ui.reportEditor.plainText
    assert "what is quoted is said of those, not of this scan" in panel.ui.reportEditor.plainText


def test_a_structured_report_belongs_to_the_patient_whose_series_was_loaded(written, head_voxels, tmp_path):
    import io

    from double import dicom_database
    from mr_series import write_series
    from volumes import add_volume

    pydicom = pytest.importorskip("pydicom")
    reading = pytest.importorskip("mrifoundation.tasks.exchange")
    folder = write_series(tmp_path / "series", "axial", shape=head_voxels.shape, distance=1.0, pixel=(1.0, 1.0))
    source = reading.read_source(folder)
    scan = add_volume("series", head_voxels, source.grid.affine)
    scan.SetAttribute("DICOM.instanceUIDs", " ".join(str(header.SOPInstanceUID) for header in source.headers))
    with dicom_database.opened() as database:
        database.files.update({str(pydicom.dcmread(path).SOPInstanceUID): str(path) for path in folder.iterdir()})
        written.ui.scanSelector.setCurrentNode(scan)
        written.reportPanel.ui.writeButton.click()
        wait_for(lambda: not written.requests.busy, "the draft")
        report = pydicom.dcmread(io.BytesIO(save(written, tmp_path / "report.dcm")))
    assert str(report.PatientName) == "Meier^Anna"
    assert report.StudyInstanceUID == source.headers[0].StudyInstanceUID


@pytest.fixture
def told(panel, head):
    """The module with a draft that tells where a structure lies: voxel (10, 20, 15) of the head."""
    from MRIFoundationLib.Reporting import Draft
    from MRIFoundationLib.ReportPlaces import Place
    from MRIFoundationLib.Scene import world_affine

    panel.ui.reportSection.collapsed = False
    panel.ui.scanSelector.setCurrentNode(head)
    place = Place("Liver: 1.20 mL.", (10.0, 20.0, 15.0)).moved(world_affine(head))
    panel.reportPanel._written(Draft("1", "v", "<p>Liver: 1.20 mL.</p>", "<html></html>", (place,)), head)
    return panel


def red_slice():
    import slicer

    red = slicer.vtkMRMLSliceNode()
    red.SetLayoutName("Red")
    red.SetOrientation("Axial")
    return slicer.mrmlScene.AddNode(red)  # the one of this name where the layout has made it already


def height_of(head):
    """The height in RAS mm of the voxel that the draft tells of, where the scan is now."""
    from MRIFoundationLib.Scene import world_affine

    return (world_affine(head) @ [10, 20, 15, 1])[2]


def test_a_sentence_leads_to_what_it_tells_of_wherever_the_scan_is_now(told, head):
    from volumes import add_transform

    red, view = red_slice(), told.reportPanel.ui.placeList
    view.setCurrentRow(0)
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(head))
    lifted = np.eye(4)
    lifted[2, 3] = 40.0
    add_transform(lifted, head)
    view.itemClicked.emit(view.item(0))
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(head))


def test_the_places_of_a_report_come_back_with_the_scene_and_go_when_it_is_closed(told, tmp_path):
    import slicer
    from test_saved_scene import load, save

    save(tmp_path / "scene.mrml")
    slicer.mrmlScene.Clear()
    view = told.reportPanel.ui.placeList
    assert view.count == 0
    load(tmp_path / "scene.mrml")
    assert [view.item(line).text() for line in range(view.count)] == ["Liver: 1.20 mL."]
    red = red_slice()
    view.setCurrentRow(0)
    assert np.isclose(red.GetSliceToRAS().GetElement(2, 3), height_of(told._parameters.reportScan))


def test_no_sentence_leads_into_another_scan_or_one_that_is_gone(told, head):
    import slicer
    from volumes import add_volume

    other = add_volume("other", np.zeros((4, 5, 6), np.int16), np.eye(4))
    told.ui.scanSelector.setCurrentNode(other)
    assert not told.reportPanel.ui.placeList.enabled
    told.ui.scanSelector.setCurrentNode(head)
    assert told.reportPanel.ui.placeList.enabled
    slicer.mrmlScene.RemoveNode(head)
    told.reportPanel.ui.placeList.setCurrentRow(0)
    assert "no longer in the scene" in told.reportPanel.ui.messageLabel.text


SPLEEN, LIVER = ((-6.0, -4.0, -2.0), (6.0, 4.0, 2.0)), ((-20.0, 0.0, 5.0), (-10.0, 30.0, 8.0))
"""Low and high corner in RAS mm."""


@pytest.fixture
def loaded(scene, head_voxels, oblique_affine):
    """The head as Slicer holds it once it was read from a file: its last axis turned round where the axes would be left-handed."""
    from volumes import add_volume

    turn = np.diag([1.0, 1.0, -1.0, 1.0])
    turn[2, 3] = head_voxels.shape[2] - 1
    return add_volume("head", head_voxels[:, :, ::-1], oblique_affine @ turn)


@pytest.fixture
def boxed(panel, loaded):
    """The module with a draft that tells of two structures and how far they reach."""
    from MRIFoundationLib.Reporting import Draft
    from MRIFoundationLib.ReportPlaces import places_of

    places = places_of(two_structures())
    panel.ui.reportSection.collapsed = False
    panel.ui.scanSelector.setCurrentNode(loaded)
    panel.reportPanel._written(Draft("1", "v", "<p>Two.</p>", "<html></html>", tuple(places)), loaded)
    return panel


def two_structures() -> list[dict]:
    told = [("spleen", SPLEEN), ("liver", LIVER)]
    facts = [{"structure": name, "center_ras_mm": list(np.mean(box, 0)), "box_ras_mm": box} for name, box in told]
    return [{"title": "", "sentences": [{"text": f"The {one['structure']}.", "facts": one} for one in facts]}]


def choose(widget, line):
    """Click on a sentence, and the outline that there is then; None for none."""
    view = widget.reportPanel.ui.placeList
    view.setCurrentRow(line)
    view.itemClicked.emit(view.item(line))
    return outline()


def outline():
    import slicer.util

    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")
    assert len(nodes) <= 1
    return nodes[0] if nodes else None


def reach(node) -> np.ndarray:
    """Low and high corner in world RAS mm."""
    bounds = np.zeros(6)
    node.GetRASBounds(bounds)
    return bounds.reshape(3, 2).T


def test_what_a_sentence_tells_of_is_outlined_and_the_next_one_in_its_place(boxed):
    node = choose(boxed, 0)
    assert np.allclose(reach(node), SPLEEN, atol=1e-3) and node.GetName() == "spleen"
    display = node.GetDisplayNode()
    assert not display.GetFillVisibility() and display.GetOutlineVisibility() and display.GetVisibility2D()
    assert not node.GetNthControlPointVisibility(0) and not display.GetPropertiesLabelVisibility()
    assert choose(boxed, 1) is node and np.allclose(reach(node), LIVER, atol=1e-3) and node.GetName() == "liver"


def test_an_outline_is_nothing_of_the_persons(boxed, tmp_path):
    import slicer
    from test_saved_scene import load, save

    selection = slicer.app.applicationLogic().GetSelectionNode()
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    node = choose(boxed, 0)
    assert node.GetLocked() and node.GetHideFromEditors()
    placed = selection.GetActivePlaceNodeID(), selection.GetActivePlaceNodeClassName()
    assert placed == (points.GetID(), points.GetClassName()), "a point that is placed now is the person's"
    save(tmp_path / "scene.mrml")
    assert "MarkupsROI" not in (tmp_path / "scene.mrml").read_text()
    slicer.mrmlScene.Clear()
    assert outline() is None
    load(tmp_path / "scene.mrml")
    assert outline() is None and np.allclose(reach(choose(boxed, 1)), LIVER, atol=1e-3)


def test_an_outline_goes_along_with_its_scan(boxed, loaded):
    from volumes import add_transform

    node = choose(boxed, 0)
    quarter = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 40], [0, 0, 0, 1]])
    transform = add_transform(quarter, loaded)
    turned = [(-4.0, -6.0, 38.0), (4.0, 6.0, 42.0)]
    assert np.allclose(reach(node), turned, atol=1e-3), "where nobody clicks"
    assert np.allclose(reach(choose(boxed, 0)), turned, atol=1e-3)
    loaded.SetAndObserveTransformNodeID(None)
    assert transform and np.allclose(reach(node), SPLEEN, atol=1e-3)


def test_an_outline_goes_with_what_it_is_of(boxed, loaded):
    import slicer
    from volumes import add_volume

    other = add_volume("other", np.zeros((4, 5, 6), np.int16), np.eye(4))
    assert choose(boxed, 0)
    boxed.ui.scanSelector.setCurrentNode(other)
    assert outline() is None
    boxed.ui.scanSelector.setCurrentNode(loaded)
    assert outline() is None and choose(boxed, 0), "it is there again when it is wanted"
    boxed.ui.segmentSection.collapsed = False
    assert outline() is None
    boxed.ui.reportSection.collapsed = False
    assert choose(boxed, 1)
    slicer.mrmlScene.RemoveNode(outline())
    assert choose(boxed, 1), "someone had removed it"
    slicer.mrmlScene.RemoveNode(loaded)
    assert outline() is None


def test_a_new_draft_takes_the_outline_of_the_last_one_away(boxed, loaded):
    from MRIFoundationLib.Reporting import Draft

    assert choose(boxed, 0)
    boxed.reportPanel._written(Draft("2", "v", "<p>Nothing.</p>", "<html></html>", ()), loaded)
    assert outline() is None


def test_a_place_without_a_box_is_gone_to_all_the_same(told):
    assert choose(told, 0) is None and told.reportPanel.ui.messageLabel.text.startswith("A draft")
