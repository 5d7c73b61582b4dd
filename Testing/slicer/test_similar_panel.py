"""The Similar scans section, driven as a person would, on real MRML against a real backend with a library."""

import time

import numpy as np
import pytest
from archive import SPACING_MM, ball
from similar_driver import (
    choose_collection,
    choose_kind,
    compare,
    find,
    hit_volume,
    message,
    wait,
    wait_for_end,
    write_people,
)
from volumes import add_volume


@pytest.fixture
def bright(scene):
    """A scan like the bright ones of the archive, none of them."""
    return add_volume("bright", ball(77, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))


@pytest.fixture
def searchable(filled_library, connected, bright):
    """The module, connected to a backend with a filled library, of which the archive is searched; its scan is the bright one."""
    connected.ui.similarSection.collapsed = False
    connected.ui.profileCombo.currentText = "fast"
    connected.ui.scanSelector.setCurrentNode(bright)
    choose_collection(connected, "archive")
    return connected


@pytest.fixture(scope="session")
def people(session_backend, own_library):
    """A table of four scans of three people, in the library as the collection 'people'; the first two are of one person."""
    from archive import ingest

    table = write_people(own_library / "people")
    ingest(session_backend, "people", table)
    return table


@pytest.fixture(scope="session")
def moved_head(session_backend, own_library, head_voxels):
    """The head, taken elsewhere, as the collection 'moved'; called an abdomen, of which the weights find most structures in it."""
    import nibabel as nib
    from archive import ingest

    place = np.diag([4.0, 4.0, 4.0, 1.0])
    place[:3, 3] = (35, -60, 80)
    (own_library / "moved").mkdir()
    nib.save(nib.Nifti1Image(head_voxels, place), own_library / "moved" / "abdomen_T1.nii.gz")
    ingest(session_backend, "moved", own_library / "moved")


@pytest.fixture
def among_people(people, searchable):
    """The scan is the first of the table, and its collection is searched."""
    searchable.ui.scanSelector.setCurrentNode(
        add_volume("ann now", ball(200, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    )
    choose_collection(searchable, "people")
    return searchable


def test_cases_like_the_scan_are_found_with_score_and_facts(searchable, filled_library):
    names = find(searchable)
    assert set(names) <= set(filled_library.names) and names
    hits = searchable.similarPanel._found.hits
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    label = searchable.similarPanel.ui.galleryView.model().item(0).text()
    assert f"{scores[0]:.2f}" in label and "%" in label


def test_filters_and_collections_choose_who_may_answer(searchable):
    ui = searchable.similarPanel.ui
    ui.sequenceLine.text = "t2"
    names = find(searchable)
    assert names and all("T2" in name for name in names)
    ui.ageFromSpin.value = 60
    assert find(searchable) == [] and "take filters away" in message(searchable)


def test_typed_filters_go_with_the_chosen_ones(among_people):
    ui = among_people.similarPanel.ui
    ui.moreFiltersLine.text = "plane = axial and age = 35..70"
    assert set(find(among_people)) == {"cy"}  # ann 2 is the same person
    ui.ageToSpin.value = 50
    assert find(among_people) == [] and "take filters away" in message(among_people)
    ui.ageToSpin.value, ui.moreFiltersLine.text = 0, "diagnosis = glioma or myeloma"
    assert find(among_people) == ["cy"]
    ui.moreFiltersLine.text = "volume_ml.no such thing >= 1"
    assert find(among_people) == []


def test_a_slip_in_the_typed_filters_is_told_when_they_are_done(searchable):
    ui = searchable.similarPanel.ui
    line, help_ = ui.moreFiltersLine, ui.moreFiltersLine.toolTip
    line.text = "plane"
    assert line.toolTip == help_ and not line.styleSheet  # half written is no slip yet
    line.text = "colour = red"
    line.editingFinished.emit()
    assert "b03024" in line.styleSheet and "no filter 'colour'" in line.toolTip
    line.text = "age = old"
    assert line.toolTip == help_ and not line.styleSheet
    ui.findButton.click()
    assert not searchable.requests.busy and "More filters: The filter age needs a number" in message(searchable)
    assert "age needs a number" in line.toolTip


def test_typed_filters_that_exclude_the_chosen_ones_are_told_until_one_is_taken_away(searchable):
    ui = searchable.similarPanel.ui
    ui.moreFiltersLine.text, ui.regionLine.text = "region = knee", "brain"
    ui.findButton.click()
    assert "another region" in message(searchable) and "another region" in ui.moreFiltersLine.toolTip
    ui.regionLine.text = ""
    assert not ui.moreFiltersLine.styleSheet and find(searchable)


def test_return_in_the_typed_filters_starts(searchable):
    searchable.similarPanel.ui.moreFiltersLine.returnPressed.emit()
    assert searchable.requests.busy
    wait_for_end(searchable)


def test_other_scans_of_the_person_answer_only_when_they_may(among_people):
    box = among_people.similarPanel.ui.leaveOutPersonBox
    assert box.checked and set(find(among_people)) == {"bob", "cy"}
    box.click()
    assert set(find(among_people)) == {"ann 2", "bob", "cy"}
    choose_kind(among_people, "words")
    assert not box.enabled


def test_typed_filters_and_the_person_are_kept_in_the_scene_and_go_with_it(panel):
    import slicer

    ui, node = panel.similarPanel.ui, panel._parameters.parameterNode
    ui.moreFiltersLine.text = "plane = axial"
    ui.leaveOutPersonBox.click()
    assert node.GetParameter("filterMore") == "plane = axial" and node.GetParameter("samePerson") == "may answer"
    node.SetParameter("filterMore", "plane = coronal")
    assert ui.moreFiltersLine.text == "plane = coronal" and not ui.leaveOutPersonBox.checked
    slicer.mrmlScene.Clear()
    assert ui.moreFiltersLine.text == "" and ui.leaveOutPersonBox.checked


def test_words_find_cases_without_a_scan(among_people):
    choose_kind(among_people, "words")
    among_people.ui.scanSelector.setCurrentNode(None)
    assert not among_people.similarPanel.ui.findButton.enabled
    among_people.similarPanel.ui.wordsLine.text = "torn meniscus"
    assert find(among_people) == ["bob"]


def test_a_pasted_report_finds_cases(searchable):
    choose_kind(searchable, "report")
    ui = searchable.similarPanel.ui
    assert ui.reportEdit.visible and not ui.wordsLine.visible
    ui.reportEdit.plainText = "MRI of the knee, T2 weighted. Dark lesion."
    find(searchable)
    assert searchable.similarPanel._parameters.searchReport.startswith("MRI of the knee")


def test_a_marked_segment_finds_cases_with_something_like_it(searchable, bright):
    import slicer
    from MRIFoundationLib import Segmentation
    from MRIFoundationLib.Scene import world_affine
    from MRIFoundationLib.Segmenting import Answer
    from MRIFoundationLib.VoxelBox import VoxelBox

    box = VoxelBox(np.ones((8, 8, 8), np.uint8), (8, 8, 8), (24, 24, 24), world_affine(bright))
    row = {"name": "lesion", "value": 1, "volume_ml": 1, "center_ras_mm": [0, 0, 0], "presence": 1, "explanation": ""}
    node = Segmentation.create(slicer.mrmlScene, bright)
    Segmentation.put(node, bright, Answer([row], [], box, frozenset({1})), {})
    ui = searchable.similarPanel.ui
    ui.wordsLine.text = "left over"
    choose_kind(searchable, "segment")
    assert not ui.findButton.enabled
    ui.querySegmentationSelector.setCurrentNode(node)
    assert ui.segmentCombo.currentText == "lesion"
    assert find(searchable)  # the service refuses a segment with words
    assert not ui.wordsLine.visible and "without them" in ui.likeCombo.toolTip
    choose_kind(searchable, "scan")
    assert ui.wordsLine.visible and ui.wordsLine.text == "left over"


def test_a_double_click_loads_the_case_where_it_was_taken(searchable, filled_library):
    import nibabel as nib
    import slicer.util
    from MRIFoundationLib.Scene import world_affine

    [name, *_] = find(searchable)
    searchable.similarPanel.gallery.choose(0)
    view = searchable.similarPanel.ui.galleryView
    view.doubleClicked.emit(view.currentIndex())
    wait_for_end(searchable)
    file, volume = nib.load(filled_library.folder / f"{name}.nii.gz"), hit_volume(searchable)
    assert volume.GetName() == name and np.allclose(world_affine(volume), file.affine, atol=1e-4)
    assert np.array_equal(slicer.util.arrayFromVolume(volume).transpose(2, 1, 0), np.asarray(file.dataobj))


def test_a_compared_hit_stands_below_the_scan_in_linked_slices_and_goes_again(searchable, bright):
    import slicer
    from MRIFoundationLib import CompareLayout

    find(searchable)
    compare(searchable)
    layout, hit = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode"), hit_volume(searchable)
    assert layout.GetViewArrangement() == CompareLayout.LAYOUT and searchable.similarPanel.ui.compareButton.checked
    for row, volume in (("Query", bright), ("Hit", hit)):
        composite = CompareLayout.composite_node(slicer.mrmlScene, row, "Axial")
        assert composite.GetBackgroundVolumeID() == volume.GetID() and composite.GetLinkedControl()
    searchable.similarPanel.ui.compareButton.click()
    assert layout.GetViewArrangement() != CompareLayout.LAYOUT and hit_volume(searchable) is None


def test_a_hit_that_was_taken_elsewhere_is_brought_to_the_place_of_the_scan(searchable, moved_head, head_voxels):
    """The service finds the way from what both show; untrained weights find the same only where the head is not turned."""
    from MRIFoundationLib.Scene import world_affine

    scan = add_volume("head", head_voxels, np.diag([4.0, 4.0, 4.0, 1.0]))
    searchable.ui.scanSelector.setCurrentNode(scan)
    choose_collection(searchable, "moved")
    assert find(searchable) == ["abdomen_T1"]
    compare(searchable)
    assert np.allclose(world_affine(hit_volume(searchable)), world_affine(scan), atol=0.1)


def test_the_heat_maps_lie_over_both_scans_only_while_they_are_wanted(searchable):
    import slicer

    def overlays():
        composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
        return {node.GetLayoutName() for node in composites if node.GetForegroundVolumeID()}

    find(searchable)
    compare(searchable)
    button = searchable.similarPanel.ui.heatMapButton
    assert button.enabled and not overlays()
    button.click()
    assert {"QueryAxial", "HitAxial"} <= overlays()
    button.click()
    assert not overlays()


def test_a_compared_hit_that_is_removed_ends_the_comparison(searchable):
    import slicer

    find(searchable)
    compare(searchable)
    slicer.mrmlScene.RemoveNode(hit_volume(searchable))
    assert not searchable.similarPanel.ui.compareButton.checked
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLinearTransformNode") is None


def test_closing_the_scene_during_a_comparison_leaves_an_empty_panel(searchable):
    import slicer

    find(searchable)
    compare(searchable)
    slicer.mrmlScene.Clear()
    ui = searchable.similarPanel.ui
    assert ui.galleryView.model().rowCount() == 0 and not ui.compareButton.checked and not ui.findButton.enabled


def test_a_backend_that_dies_during_a_search_is_told(searchable, backend):
    backend.kill()
    searchable.similarPanel.ui.findButton.click()
    wait_for_end(searchable)
    assert "Nothing answers" in message(searchable) and not searchable.similarPanel.ui.findButton.enabled


def test_a_thousand_hits_are_shown_at_once_and_only_those_in_view_get_thumbnails(searchable):
    find(searchable)
    gallery, view = searchable.similarPanel.gallery, searchable.similarPanel.ui.galleryView
    hits = (searchable.similarPanel._found.hits * 1000)[:1000]
    begin = time.monotonic()
    gallery.show(hits)
    assert time.monotonic() - begin < 2.0
    wait(lambda: set(gallery.visible_rows()) <= gallery._pictured, "the thumbnails in view")
    assert len(gallery._pictured) < 60 and 900 not in gallery._pictured
    view.verticalScrollBar().value = view.verticalScrollBar().maximum
    wait(lambda: 999 in gallery._pictured, "the last thumbnail")
    assert 500 not in gallery._pictured
