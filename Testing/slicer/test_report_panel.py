"""The Report section, driven as a person would, against a real backend."""

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
