"""Slicer's DICOM database: each file that is looked up is a query in the GUI thread."""

import numpy as np
import pytest

UIDS = [f"1.2.3.{number}" for number in range(2000)]


@pytest.fixture
def database(panel, oblique_affine):
    """A database that has the series of the chosen scan."""
    from double import dicom_database
    from volumes import add_volume

    scan = add_volume("series", np.zeros((4, 5, 6), np.int16), oblique_affine)
    scan.SetAttribute("DICOM.instanceUIDs", " ".join(UIDS))
    with dicom_database.opened() as database:
        database.files.update({uid: f"/dicom/{uid}" for uid in UIDS})
        panel.ui.scanSelector.setCurrentNode(scan)
        database.asked.clear()
        yield database


def test_a_typed_letter_looks_up_no_more_than_whether_the_series_is_there(panel, database):
    panel.ui.contourSection.collapsed = False
    database.asked.clear()
    panel.segmentPanel.ui.promptLine.text = "liver"
    assert 0 < len(database.asked) < 5
    assert panel.contourPanel.ui.seriesLabel.text == "DICOM series: ✓"


def test_all_files_are_looked_up_where_they_are_needed(panel, database):
    from MRIFoundationLib import DicomDatabase

    scan = panel.ui.scanSelector.currentNode()
    assert DicomDatabase.files_of(scan) == tuple(database.files.values()) and database.asked == UIDS
    del database.files[UIDS[-1]]
    assert DicomDatabase.files_of(scan) == (), "a part of a series is none"


def test_a_scan_of_no_series_asks_nothing(panel, database, oblique_affine):
    from MRIFoundationLib import DicomDatabase
    from volumes import add_volume

    scan = add_volume("file", np.zeros((4, 5, 6), np.int16), oblique_affine)
    assert not DicomDatabase.has(scan) and not DicomDatabase.has(None) and DicomDatabase.files_of(scan) == ()
    assert not database.asked
