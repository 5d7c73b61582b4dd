"""Whatever comes of a request, or of greeting the backend: what a person aims at stays where it is."""

import numpy as np
import pytest
from backend_process import free_port
from head_answer import ANSWER
from segment_driver import ask_for, wait_for_end
from similar_driver import choose_kind
from volumes import add_volume

SECTIONS = ("segment", "contour", "similar", "classify", "report")
SMALL, USUAL = 620, 900  # pixels that a panel has on a screen of 768 and on one of 1080
LONG = "The backend stopped while it was working: start it again and ask again, the scan is sent anew. " * 3
EVIDENCE = {"what": "volume", "value": 1.0, "unit": "mL", "norm": "", "percentile": None, "sentence": ""}
MUCH = {**ANSWER, "evidence": [EVIDENCE] * 9, "caution": LONG}
HEAD = {"name": "two", "title": "Of two series", "question": "?", "inputs": ["T1 of the brain", "FLAIR of the brain"]}


def tops(panel, height: int = USUAL) -> list[int]:
    """Where the header of each section is in a panel of this height, and the line below them all."""
    from double.events import spin

    for _ in range(4):  # each round of layouts may ask for another
        panel.parent.resize(430, height)
        spin(10)
    widgets = [getattr(panel.ui, f"{name}Section") for name in ("backend", *SECTIONS)]
    return [widget.geometry.top() for widget in (*widgets, panel.ui.researchLabel)]


def unfold(panel, name: str):
    getattr(panel.ui, f"{name}Section").collapsed = False
    return getattr(panel, f"{name}Panel")


@pytest.fixture
def quiet(panel):
    """The module where no backend was found, its Backend section folded."""
    panel.connection.forget("failed", "Nothing answers.")
    panel.ui.backendSection.collapsed = True
    return panel


@pytest.mark.parametrize("height", [SMALL, USUAL])
@pytest.mark.parametrize("name", SECTIONS)
def test_no_message_moves_a_section(quiet, name, height):
    section, before = unfold(quiet, name), tops(quiet, height)
    for words in ("Cancelled.", LONG):
        section.say(words, failed=words == LONG)
        section.remark("" if words == LONG else "This is about another time point of the scan.")
        assert tops(quiet, height) == before
    section.say()
    assert tops(quiet, height) == before


@pytest.mark.parametrize("height", [SMALL, USUAL])
def test_no_result_of_segment_moves_a_section(quiet, height):
    import slicer
    from MRIFoundationLib import Segmentation
    from MRIFoundationLib.Scene import world_affine
    from MRIFoundationLib.Segmenting import Answer
    from MRIFoundationLib.VoxelBox import VoxelBox

    unfold(quiet, "segment")
    scan = add_volume("scan", np.zeros((6, 6, 6), np.int16), np.eye(4))
    before = tops(quiet, height)
    box = VoxelBox(np.ones((2, 2, 2), np.uint8), (1, 1, 1), (6, 6, 6), world_affine(scan))
    row = {"value": 1, "volume_ml": 1, "center_ras_mm": [0, 0, 0], "presence": 1, "explanation": ""}
    rows = [{**row, "name": f"structure {number}"} for number in range(30)]
    node = Segmentation.create(slicer.mrmlScene, scan)
    Segmentation.put(node, scan, Answer(rows, [], box, frozenset({1})), {})
    quiet.segmentPanel.ui.segmentationSelector.setCurrentNode(node)
    assert quiet.segmentPanel.ui.resultTable.rowCount == 30 and tops(quiet, height) == before


def test_what_is_looked_for_by_one_line_moves_nothing_below_it(quiet):
    """A report needs more than a line."""
    ui, places = unfold(quiet, "similar").ui, set()
    for kind in ("scan", "words", "segment", "scan"):
        choose_kind(quiet, kind)
        places.add((*tops(quiet), ui.findButton.geometry.top(), ui.galleryView.geometry.top()))
    assert len(places) == 1


@pytest.mark.parametrize("height", [SMALL, USUAL])
def test_hits_whose_order_is_explained_move_nothing_and_the_words_are_not_cut(quiet, height):
    from MRIFoundationLib.Searching import Found

    similar, before = unfold(quiet, "similar"), tops(quiet, height)
    hits = [{"case": str(n), "name": "head", "score": score, "facts": {}} for n, score in enumerate([0.5, 0.9])]
    similar._show_found(Found(hits * 500, 123456), None)
    label = similar.ui.messageLabel
    assert "numbers tell the similarity alone" in label.text and tops(quiet, height) == before
    assert label.heightForWidth(label.width) <= label.parent().height


@pytest.mark.parametrize("height", [SMALL, USUAL])
def test_neither_heads_nor_their_answers_move_a_section(quiet, height):
    heads, before = unfold(quiet, "classify").heads, tops(quiet, height)
    heads.offer([HEAD], set())
    heads.show([MUCH])
    quiet.classifyPanel.refresh()
    assert quiet.classifyPanel.ui.secondScanSelector.enabled and tops(quiet, height) == before


def test_what_is_told_inside_a_box_moves_nothing(quiet):
    unfold(quiet, "contour").ui.teachBox.collapsed = False
    before = tops(quiet)
    quiet.contourPanel.ui.teachLine.text = "a new structure"
    assert "A new name" in quiet.contourPanel.ui.teachFacts.text and tops(quiet) == before
    similar = unfold(quiet, "similar")
    similar.ui.ingestBox.collapsed = False
    before = tops(quiet)
    similar.collections._say(*[LONG] * 4, failed=True)
    assert tops(quiet) == before
    classify = unfold(quiet, "classify")
    classify.ui.teachHeadBox.collapsed = False
    before = tops(quiet)
    classify._offer([HEAD])
    classify.teaching._offer([{"name": "a collection of the clinic " * 3, "cases": 7}])
    classify.ui.teachHeadLine.text = "two"
    assert "takes its place" in classify.ui.teachHeadFacts.text and tops(quiet) == before


def test_the_places_that_a_report_tells_of_move_nothing(quiet):
    from MRIFoundationLib.ReportPlaces import Place

    report, before = unfold(quiet, "report"), tops(quiet)
    report._places.show([Place(LONG, (0.0, 0.0, 0.0))] * 30)
    assert report.ui.placeList.count == 30 and tops(quiet) == before


def test_the_line_of_progress_moves_nothing(quiet):
    before = tops(quiet)
    for words in ("", "The scan is encoded.", '<a href="backend">Backend</a>: Nothing answers.'):
        quiet.statusLine.rest(words)
        assert tops(quiet) == before


def test_a_message_is_whole_in_its_tooltip_and_its_room_has_a_hint_before(quiet):
    label = unfold(quiet, "segment").ui.messageLabel
    assert "told here" in label.text and not label.enabled
    quiet.segmentPanel.say(LONG)
    assert label.text == label.toolTip == LONG and label.enabled
    quiet.segmentPanel.say()
    assert "told here" in label.text and not label.enabled and label.toolTip == ""


def test_a_real_result_moves_nothing(connected, head):
    ui, before = connected.segmentPanel.ui, tops(connected)
    assert not ui.show3DButton.enabled and ui.resultTable.visible
    ask_for(connected, head, "liver, both kidneys, no such thing")
    wait_for_end(connected)
    assert tops(connected) == before


def test_a_backend_that_is_lost_moves_nothing_and_a_link_leads_to_it(connected, backend):
    from double.events import wait_until

    before = tops(connected)
    backend.kill()
    connected.connection.test()
    wait_until(lambda: connected.connection.state == "failed", what="the failed greeting")
    assert tops(connected) == before
    assert backend.url in connected.ui.stageLabel.text and "not connected" in connected.ui.backendSection.text
    connected.ui.stageLabel.linkActivated.emit("backend")
    assert not connected.ui.backendSection.collapsed


def test_a_first_greeting_that_fails_moves_nothing_below_who_types_already(panel):
    import slicer
    from double.events import wait_until

    panel.connection.forget("unknown", "Not connected yet.")
    panel.ui.backendSection.collapsed = True
    before, line = tops(panel), panel.segmentPanel.ui.promptLine
    panel.parent.activateWindow()
    line.setFocus()
    wait_until(line.hasFocus, what="the focus")
    panel.connection.use(f"http://127.0.0.1:{free_port()}", "")
    panel.connection.test()
    wait_until(lambda: panel.connection.state == "failed", what="the failed greeting")
    assert tops(panel) == before and "Nothing answers" in panel.ui.stageLabel.text
    line.clearFocus()
    slicer.app.processEvents()
    panel.connection.test()
    wait_until(lambda: panel.connection.state == "failed", what="the failed greeting")
    assert not panel.ui.backendSection.collapsed  # nobody is at anything, and there is no backend yet


@pytest.mark.parametrize("height", [SMALL, USUAL])
def test_a_text_that_can_be_brought_back_moves_nothing(quiet, height):
    from MRIFoundationLib import ReportShelf
    from MRIFoundationLib.ReportShelf import Shelved

    report, places = unfold(quiet, "report"), set()
    for shelf in ([], [Shelved("My text.")], [Shelved("A draft.", is_own=False)]):
        quiet._parameters.formerReports = ReportShelf.keep(shelf)
        report.refresh()
        heights = tops(quiet, height)
        names = ("writeButton", "bringBackButton", "quotesSimilarCheck", "reportEditor")
        rooms = [getattr(report.ui, name).geometry for name in names]
        places.add((*heights, *((room.left(), room.top(), room.width()) for room in rooms)))
        assert report.ui.bringBackButton.enabled == bool(shelf)
    assert len(places) == 1
