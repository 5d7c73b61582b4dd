"""Age and sex of one person never stand beside the scan of another."""

import pytest
from volumes import add_volume


@pytest.fixture
def two_scans(panel, head, head_voxels, oblique_affine):
    """The chosen scan, and another; returns also what is shown of the person."""
    other = add_volume("other", head_voxels, oblique_affine)

    def shown():
        ui, classify = panel.reportPanel.ui, panel.classifyPanel.ui
        of_report = ui.reportAgeSpin.value, ui.reportSexCombo.itemData(ui.reportSexCombo.currentIndex)
        of_classify = (
            classify.personAgeSpin.value,
            classify.personSexCombo.itemData(classify.personSexCombo.currentIndex),
        )
        assert of_report == of_classify
        return of_report

    choose(panel, head)
    return head, other, shown


def choose(panel, scan):
    panel.ui.scanSelector.setCurrentNode(scan)


def tell(panel, age, sex):
    ui = panel.reportPanel.ui
    ui.reportAgeSpin.value = age
    ui.reportSexCombo.currentIndex = ui.reportSexCombo.findData(sex)


def test_another_scan_brings_its_own_age_and_sex(panel, two_scans):
    first, second, shown = two_scans
    tell(panel, 83, "F")
    choose(panel, second)
    assert shown() == (0, "")
    tell(panel, 40, "M")
    choose(panel, first)
    assert shown() == (83, "F")
    choose(panel, second)
    assert shown() == (40, "M")


def test_what_is_taken_away_is_forgotten(panel, two_scans):
    first, second, shown = two_scans
    for age, sex in ((83, "F"), (0, "")):
        tell(panel, age, sex)
    choose(panel, second)
    choose(panel, first)
    assert shown() == (0, "")


def test_a_scan_that_was_removed_leaves_nothing_to_the_next(panel, two_scans):
    import slicer

    first, second, shown = two_scans
    tell(panel, 83, "F")
    slicer.mrmlScene.RemoveNode(first)
    choose(panel, second)
    assert shown() == (0, "")


@pytest.mark.parametrize("written", ["many", "-3", "999", "4.5"])
def test_what_was_written_by_hand_counts_for_nothing(panel, two_scans, written):
    _first, second, shown = two_scans
    second.SetAttribute("MRIFoundation.Age", written)
    choose(panel, second)
    assert shown() == (0, "")
