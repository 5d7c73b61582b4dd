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


def write(widget):
    widget.reportPanel.ui.writeButton.click()
    wait_for(lambda: not widget.requests.busy, "the draft")


def test_a_draft_takes_the_place_of_an_edited_text_which_can_be_brought_back(written):
    panel, ui = written.reportPanel, written.reportPanel.ui
    assert not ui.bringBackButton.enabled
    write(written)
    assert not ui.bringBackButton.enabled, "what nobody edited can be written again"
    edit(written)
    write(written)
    draft = ui.reportEditor.plainText
    assert "Checked by hand." not in draft and "Your text from before is kept" in ui.messageLabel.text
    assert ui.bringBackButton.enabled and ui.bringBackButton.text == "Bring back my text"
    ui.bringBackButton.click()
    assert "Checked by hand." in ui.reportEditor.plainText and ui.bringBackButton.text == "Bring back the draft"
    assert panel._is_edited() and panel._draft is not None and panel._parameters.reportScan is not None
    ui.bringBackButton.click()
    assert ui.reportEditor.plainText == draft and ui.bringBackButton.text == "Bring back my text"
    assert not panel._is_edited() and ui.placeList.count > 0


def test_what_is_typed_while_the_draft_is_written_is_kept(written):
    ui = written.reportPanel.ui
    ui.writeButton.click()
    edit(written)
    wait_for(lambda: not written.requests.busy, "the draft")
    assert "Checked by hand." not in ui.reportEditor.plainText
    ui.bringBackButton.click()
    assert "Checked by hand." in ui.reportEditor.plainText


def test_no_text_of_a_person_is_lost_however_often_a_draft_is_written(written):
    ui, own = written.reportPanel.ui, ["First remark.", "Second remark.", "Third remark."]
    for words in own:
        ui.reportEditor.append(words)
        write(written)
        write(written)
    seen = []
    for _ in range(len(own) + 1):
        ui.bringBackButton.click()
        seen.append(ui.reportEditor.plainText)
    assert [text.splitlines()[-1] for text in seen[:3]] == own[::-1]
    assert not any(words in seen[3] for words in own), "and then the draft"


def test_a_text_that_was_put_aside_is_in_the_saved_scene(written, tmp_path):
    import slicer

    edit(written)
    write(written)
    file, name = str(tmp_path / "scene.mrml"), written.reportPanel._parameters.scan.GetName()
    slicer.mrmlScene.SetURL(file)
    slicer.mrmlScene.Commit(file)
    slicer.mrmlScene.Clear()
    written.enter()
    ui = written.reportPanel.ui
    assert not ui.bringBackButton.enabled and ui.reportEditor.plainText == ""
    slicer.mrmlScene.SetURL(file)
    slicer.mrmlScene.Import()
    written.enter()
    assert "Checked by hand." not in ui.reportEditor.plainText
    ui.bringBackButton.click()
    assert "Checked by hand." in ui.reportEditor.plainText
    about = written.reportPanel._parameters.reportScan
    assert about is None or about.GetName() == name


def write_about_another_scan(written, head):
    """After a text about `head` was edited; gives the other scan."""
    import slicer

    edit(written)
    other = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(head)[::-1].copy(), name="other")
    written.ui.scanSelector.setCurrentNode(other)
    write(written)
    return other


def test_a_text_about_another_scan_comes_back_with_its_scan(written, head):
    ui = written.reportPanel.ui
    other = write_about_another_scan(written, head)
    assert written.reportPanel._parameters.reportScan is other and ui.saveButton.enabled
    ui.bringBackButton.click()
    assert "Checked by hand." in ui.reportEditor.plainText
    assert not ui.saveButton.enabled and f"This report is about {head.GetName()}" in ui.messageLabel.text


def test_a_text_whose_scan_is_gone_says_so_when_it_comes_back(written, head):
    import slicer

    ui = written.reportPanel.ui
    write_about_another_scan(written, head)
    slicer.mrmlScene.RemoveNode(head)
    ui.bringBackButton.click()
    assert "Checked by hand." in ui.reportEditor.plainText
    assert "not known any more which scan" in ui.messageLabel.text


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


def add_series(database, folder, voxels, **stated):
    """A scan that was loaded from a DICOM series of Slicer's database, and that series."""
    from mr_series import write_series
    from volumes import add_volume

    pydicom = pytest.importorskip("pydicom")
    reading = pytest.importorskip("mrifoundation.tasks.exchange")
    write_series(folder, "axial", shape=voxels.shape, distance=1.0, pixel=(1.0, 1.0), **stated)
    source = reading.read_source(folder)
    scan = add_volume(folder.name, voxels, source.grid.affine)
    scan.SetAttribute("DICOM.instanceUIDs", " ".join(str(header.SOPInstanceUID) for header in source.headers))
    database.files.update({str(pydicom.dcmread(path).SOPInstanceUID): str(path) for path in folder.iterdir()})
    return scan, source


@pytest.mark.parametrize(
    ("then", "told"),
    [
        ({"PatientID": "4712"}, "name different patients"),
        ({"StudyDate": "20990101"}, "was made on a later day than this scan"),
        ({"StudyDate": ""}, "and that the prior is the earlier one, was taken as given"),
    ],
)
def test_a_first_report_tells_what_the_dicom_headers_say_of_its_prior(written, head_voxels, tmp_path, then, told):
    from double import dicom_database

    ui = written.reportPanel.ui
    with dicom_database.opened() as database:
        now, _ = add_series(database, tmp_path / "now", head_voxels + 1)
        prior, _ = add_series(database, tmp_path / "then", head_voxels + 2, **then)
        written.ui.scanSelector.setCurrentNode(now)
        ui.priorScanSelector.setCurrentNode(prior)
        write(written)
    assert told in ui.reportEditor.plainText


def test_a_series_that_the_backend_cannot_take_does_not_keep_a_report_from_being_written(
    written, head_voxels, tmp_path
):
    """Of a scan that was resampled, the series lies on another grid."""
    from double import dicom_database

    ui = written.reportPanel.ui
    with dicom_database.opened() as database:
        now, _ = add_series(database, tmp_path / "now", head_voxels + 3)
        prior, _ = add_series(database, tmp_path / "then", head_voxels + 4)
        now.SetSpacing(1.1, 1.1, 1.1)
        written.ui.scanSelector.setCurrentNode(now)
        ui.priorScanSelector.setCurrentNode(prior)
        write(written)
    assert "was taken as given" in ui.reportEditor.plainText, ui.messageLabel.text


def test_a_structured_report_belongs_to_the_patient_whose_series_was_loaded(written, head_voxels, tmp_path):
    import io

    from double import dicom_database

    pydicom = pytest.importorskip("pydicom")
    with dicom_database.opened() as database:
        scan, source = add_series(database, tmp_path / "series", head_voxels)
        written.ui.scanSelector.setCurrentNode(scan)
        written.reportPanel.ui.writeButton.click()
        wait_for(lambda: not written.requests.busy, "the draft")
        report = pydicom.dcmread(io.BytesIO(save(written, tmp_path / "report.dcm")))
    assert str(report.PatientName) == "Meier^Anna"
    assert report.StudyInstanceUID == source.headers[0].StudyInstanceUID
