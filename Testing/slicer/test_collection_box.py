"""Collections of the library in the Similar scans section: which there are, and adding to them, against a real backend."""

from similar_driver import wait, write_people


def add(widget, source, collection=None):
    """Name a source, and the collection where it is to be another one, and press Add."""
    ui = widget.similarPanel.ui
    widget.ui.profileCombo.currentText = "fast"
    ui.ingestFolder.currentPath = str(source)
    ui.ingestCollection.text = collection or ui.ingestCollection.text
    ui.ingestButton.click()
    return ui


def refusal(widget, source):
    """What is said of a source that cannot be added."""
    ui = add(widget, source)
    wait(lambda: not ui.ingestCancelButton.enabled, "the refusal")
    return ui.ingestMessage


def test_a_folder_is_added_and_its_collection_offered(connected, archive):
    ui = add(connected, archive.folder, "added")
    assert ui.ingestCancelButton.enabled and not ui.ingestButton.enabled
    wait(lambda: not ui.ingestCancelButton.enabled, "the end of the ingest")
    assert f"{len(archive.names)} scans added" in ui.ingestMessage.text and ui.ingestButton.enabled
    wait(lambda: ui.collectionCombo.findData("added") > 0, "the collection")


def test_a_folder_that_is_not_there_is_told(connected, own_library):
    told = refusal(connected, own_library / "nowhere")
    assert "nowhere" in told.text and "b03024" in told.styleSheet


def test_a_table_of_scans_is_added_by_its_path(connected, own_library):
    ui = add(connected, write_people(own_library / "typed", first_seed=300), "typed")
    wait(lambda: not ui.ingestCancelButton.enabled, "the end of the ingest")
    assert "4 scans added" in ui.ingestMessage.text
    wait(lambda: ui.collectionCombo.findData("typed") > 0, "the collection")


def test_the_button_for_a_table_fills_the_line(panel, monkeypatch):
    import qt

    asked, ui = [], panel.similarPanel.ui
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *told: asked.append(told) or "/data/volumes.csv")
    ui.ingestTableButton.click()
    assert ui.ingestFolder.currentPath == "/data/volumes.csv" and "*.csv" in asked[0][-1]
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: "")  # Cancel
    ui.ingestTableButton.click()
    assert ui.ingestFolder.currentPath == "/data/volumes.csv"


def test_nothing_can_be_added_from_an_emptied_line(connected):
    ui = connected.similarPanel.ui
    ui.ingestFolder.currentPath, ui.ingestCollection.text = "/data/scans", "scans"
    assert ui.ingestButton.enabled
    ui.ingestFolder.currentPath = ""
    assert not ui.ingestButton.enabled


def test_an_address_is_asked_as_an_archive(connected):
    from backend_process import free_port

    told = refusal(connected, f"http://127.0.0.1:{free_port()}/dicom-web")
    assert "DICOMweb" in told.text and "cannot be reached" in told.text


def test_what_other_weights_embedded_is_told_and_mended_by_adding_it_again(connected, own_library):
    import lancedb

    ui = add(connected, write_people(own_library / "aged", first_seed=400), "aged")
    wait(lambda: ui.collectionCombo.findData("aged") > 0, "the collection")
    table = lancedb.connect(str(own_library / "library")).open_table("cases")
    table.update(where="collection = 'aged'", values={"model": "weights of before"})
    connected.similarPanel.collections.reload()
    wait(lambda: "add again" in ui.collectionCombo.itemText(ui.collectionCombo.findData("aged")), "the remark")
    ui.collectionCombo.currentIndex = ui.collectionCombo.findData("aged")
    assert "aged as the collection, and press Add" in ui.collectionCombo.toolTip
    ui.ingestButton.click()
    wait(lambda: "4 scans added" in ui.ingestMessage.text, "the end of the ingest")
    wait(lambda: ui.collectionCombo.itemText(ui.collectionCombo.findData("aged")) == "aged (4)", "the remark to go")
    assert "press Add" not in ui.collectionCombo.toolTip


def test_weights_that_are_not_known_yet_are_no_other_weights(panel):
    ui = panel.similarPanel.ui
    panel.similarPanel.collections._offer([{"name": "scans", "cases": 3, "same_model": None}])
    assert ui.collectionCombo.itemText(ui.collectionCombo.findData("scans")) == "scans (3)"


def test_an_ingest_can_be_cancelled_and_does_not_hold_up_the_panels(
    filled_library, connected, archive, client, monkeypatch
):
    from double.events import beside
    from MRIFoundationLib.Client import Client

    jobs, ingest = [], Client.ingest
    monkeypatch.setattr(Client, "ingest", lambda self, *wanted: jobs.append(ingest(self, *wanted)) or jobs[-1])
    ui = connected.similarPanel.ui
    ui.ingestFolder.currentPath, ui.ingestCollection.text = str(archive.folder), "cancelled"
    ui.ingestButton.click()
    wait(lambda: bool(jobs), "the job")
    assert not connected.requests.busy
    ui.ingestCancelButton.click()
    assert "Cancelled" in ui.ingestMessage.text and ui.ingestButton.enabled
    wait(lambda: beside(lambda: client.job(jobs[0]))["state"] in ("cancelled", "done"), "the end at the backend")
