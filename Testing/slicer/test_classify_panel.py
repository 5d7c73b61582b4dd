"""The Classify section, driven as a person would, against a real backend with a head taught on the fly."""

import numpy as np
import pytest
from archive import SPACING_MM, ball
from volumes import add_volume

PATIENCE = 900.0  # seconds, for a machine that is busy


@pytest.fixture
def asked(taught_head, connected, scene):
    """The module with the taught head; its scan has a bright ball."""
    from double.events import wait_until

    scan = add_volume("bright", ball(77, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    connected.ui.classifySection.collapsed = False
    connected.ui.profileCombo.currentText = "fast"
    connected.ui.scanSelector.setCurrentNode(scan)
    table = connected.classifyPanel.ui.headTable
    wait_until(lambda: table.rowCount > 0, PATIENCE, "the heads")
    only(connected, taught_head)
    return connected


def only(widget, name):
    """Tick this head and no other."""
    import qt

    for row, head in enumerate(widget.classifyPanel.heads._heads):
        state = qt.Qt.Checked if head["name"] == name else qt.Qt.Unchecked
        widget.classifyPanel.ui.headTable.item(row, 0).setCheckState(state)


def classify(widget):
    from double.events import wait_until

    assert widget.classifyPanel.ui.classifyButton.enabled
    widget.classifyPanel.ui.classifyButton.click()
    wait_until(lambda: not widget.requests.busy, PATIENCE, "the end of the request")
    return widget.classifyPanel.heads.current()


def test_an_answer_has_bars_intervals_and_a_caution(asked, taught_head):
    answer = classify(asked)
    assert answer["head"] == taught_head and max(answer["probabilities"], key=answer["probabilities"].get) == "bright"
    ui, table = asked.classifyPanel.ui, asked.classifyPanel.ui.headTable
    assert table.item(table.currentRow(), 1).text().startswith("bright ")
    assert "bright:" in asked.classifyPanel._bars.toolTip
    assert "Taught on this computer" in ui.cautionLabel.text


def test_each_fact_of_the_evidence_stands_with_its_unit(asked):
    evidence, table = classify(asked)["evidence"], asked.classifyPanel.ui.evidenceTable
    assert table.rowCount == len(evidence)
    for line, fact in enumerate(evidence):
        assert table.item(line, 0).text() == fact["what"] and table.item(line, 1).text().endswith(fact["unit"])


def test_a_scan_that_the_head_is_not_meant_for_gets_the_reason_and_no_number(asked):
    noise = np.random.default_rng(5).integers(0, 500, (24, 24, 24)).astype(np.int16)
    asked.ui.scanSelector.setCurrentNode(add_volume("noise", noise, np.diag([8.0, 8.0, 8.0, 1.0])))
    answer = classify(asked)
    assert not answer["applicable"] and answer["probabilities"] == {}
    ui = asked.classifyPanel.ui
    assert ui.cautionLabel.text.startswith("Not applicable:") and not ui.classHeatMapButton.enabled
    assert "The scan is a 3-D volume; what it shows cannot be told" in ui.messageLabel.text


def test_the_ticks_are_kept_in_the_scene(asked, taught_head):
    kept = asked.classifyPanel._parameters.skippedHeads.split(",")
    assert taught_head not in kept
    only(asked, "none of them")
    assert taught_head in asked.classifyPanel._parameters.skippedHeads.split(",")
    assert not asked.classifyPanel.ui.classifyButton.enabled


def test_the_heat_map_lies_over_the_scan_or_its_absence_is_told(asked):
    import slicer
    from double.events import wait_until

    classify(asked)
    button, ui = asked.classifyPanel.ui.classHeatMapButton, asked.classifyPanel.ui
    button.click()
    wait_until(lambda: button.checked or "no heat map" in ui.messageLabel.text, PATIENCE, "the heat map")
    if button.checked:
        assert asked.classifyPanel._heat_map.GetImageData().GetScalarRange()[1] <= 1.0
        button.click()
        assert asked.classifyPanel._heat_map is None
    assert not [n for n in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") if n.GetHideFromEditors()]


def test_sentences_that_the_weights_cannot_read_are_refused_in_words(asked):
    from double.events import wait_until

    ui = asked.classifyPanel.ui
    assert not ui.askSentenceButton.enabled
    ui.sentenceLine.text, ui.versusLine.text = "bright ball", "dark ball"
    ui.askSentenceButton.click()
    wait_until(lambda: not asked.requests.busy, PATIENCE, "the end of the request")
    assert "words" in ui.messageLabel.text


def test_closing_the_scene_forgets_the_answers(asked):
    import slicer

    classify(asked)
    slicer.mrmlScene.Clear()
    assert asked.classifyPanel.heads.current() is None and not asked.classifyPanel.ui.classifyButton.enabled
