"""The Similar scans section, driven as a person would, on real MRML against a real backend with a library."""

import time

import numpy as np
import pytest
from archive import SPACING_MM, ball
from volumes import add_volume

PATIENCE = 900.0  # seconds, for a machine that is busy


@pytest.fixture
def bright(scene):
    """A scan like the bright ones of the archive, none of them."""
    return add_volume("bright", ball(77, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))


@pytest.fixture
def searchable(filled_library, connected, bright):
    """The module, connected to a backend with a filled library; its scan is the bright one."""
    connected.ui.similarSection.collapsed = False
    connected.ui.profileCombo.currentText = "fast"
    connected.ui.scanSelector.setCurrentNode(bright)
    return connected


def wait(reached, what):
    from double.events import wait_until

    wait_until(reached, PATIENCE, what)


def wait_for_end(widget):
    wait(lambda: not widget.requests.busy, "the end of the request")


def choose_kind(widget, kind):
    combo = widget.similarPanel.ui.likeCombo
    combo.currentIndex = combo.findData(kind)


def find(widget):
    assert widget.similarPanel.ui.findButton.enabled
    widget.similarPanel.ui.findButton.click()
    wait_for_end(widget)
    model = widget.similarPanel.ui.galleryView.model()
    return [model.item(row).text().split("\n")[0] for row in range(model.rowCount())]


def compare(widget, row=0):
    widget.similarPanel.gallery.choose(row)
    widget.similarPanel.ui.compareButton.click()
    wait_for_end(widget)
    return widget.similarPanel.gallery.current()


def message(widget):
    return widget.similarPanel.ui.messageLabel.text


def hit_volume(widget):
    import slicer
    from MRIFoundationLib.Scene import case_volume

    return case_volume(slicer.mrmlScene, widget.similarPanel.gallery.current()["case"])


def test_a_folder_is_added_and_its_collection_offered(connected, archive):
    ui = connected.similarPanel.ui
    connected.ui.profileCombo.currentText = "fast"
    ui.ingestFolder.currentPath, ui.ingestCollection.text = str(archive.folder), "added"
    ui.ingestButton.click()
    assert ui.ingestCancelButton.enabled and not ui.ingestButton.enabled
    wait(lambda: not ui.ingestCancelButton.enabled, "the end of the ingest")
    assert f"{len(archive.names)} scans added" in ui.ingestMessage.text and ui.ingestButton.enabled
    wait(lambda: ui.collectionCombo.findData("added") > 0, "the collection")


def test_a_folder_that_is_not_there_is_told(connected, own_library):
    ui = connected.similarPanel.ui
    ui.ingestFolder.currentPath = str(own_library / "nowhere")
    ui.ingestButton.click()
    wait(lambda: not ui.ingestCancelButton.enabled, "the refusal")
    assert "nowhere" in ui.ingestMessage.text and "b03024" in ui.ingestMessage.styleSheet


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
    ui.collectionCombo.currentIndex = ui.collectionCombo.findData("archive")
    names = find(searchable)
    assert names and all("T2" in name for name in names)
    ui.ageFromSpin.value = 60
    assert find(searchable) == [] and "take filters away" in message(searchable)


def test_words_find_cases_without_a_scan(searchable):
    choose_kind(searchable, "words")
    searchable.ui.scanSelector.setCurrentNode(None)
    assert not searchable.similarPanel.ui.findButton.enabled
    searchable.similarPanel.ui.wordsLine.text = "knee dark"
    assert any("knee" in name for name in find(searchable))


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
    choose_kind(searchable, "segment")
    assert not searchable.similarPanel.ui.findButton.enabled
    searchable.similarPanel.ui.querySegmentationSelector.setCurrentNode(node)
    assert searchable.similarPanel.ui.segmentCombo.currentText == "lesion"
    assert find(searchable)


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
