"""Answers of heads come back with a saved scene; the cases that were found do not, and that is said."""

import json

import numpy as np
import pytest
from test_saved_scene import load, save
from volumes import add_volume

FACT = {"what": "volume", "value": 1.5, "unit": "mL", "norm": "", "percentile": None, "sentence": "It is small."}
ANSWER = {
    "head": "second",
    "title": "Dark or bright",
    "applicable": True,
    "probabilities": {"bright": 0.7, "dark": 0.3},
    "intervals": {"bright": [0.5, 0.9]},
    "evidence": [FACT],
    "reason": "",
    "caution": "Trained on few scans.",
    "job": "7",
}
UNFIT = {**ANSWER, "head": "third", "applicable": False, "probabilities": {}, "intervals": {}, "reason": "No head."}
HEADS = [{"name": name, "title": name, "question": "?", "inputs": "T1"} for name in ("first", "second", "third")]


@pytest.fixture
def answered(panel):
    """The module with two answers about a scan."""
    from MRIFoundationLib.Scene import volume_key

    scan = add_volume("scan", np.arange(120, dtype=np.int16).reshape(4, 5, 6), np.eye(4))
    panel.ui.scanSelector.setCurrentNode(scan)
    panel.ui.classifySection.collapsed = False
    panel.classifyPanel._show(scan.GetID(), volume_key(scan), [ANSWER, UNFIT])
    return panel


def reopen(path) -> None:
    import slicer

    save(path)
    slicer.mrmlScene.Clear()
    load(path)


@pytest.mark.parametrize("ending", [".mrml", ".mrb"])
def test_answers_come_back_with_the_scene_and_are_about_its_scan(answered, tmp_path, ending):
    ui = answered.classifyPanel.ui
    reopen(tmp_path / f"scene{ending}")
    assert answered.classifyPanel.heads.current() == {name: ANSWER[name] for name in ANSWER if name != "job"}
    assert [ui.headTable.item(row, 1).text() for row in (0, 1)] == ["bright 70 %", "not applicable"]
    assert ui.cautionLabel.text == "Trained on few scans." and ui.evidenceTable.item(0, 1).text() == "1.50 mL"
    assert not ui.messageLabel.enabled  # nothing is to be remarked


def test_an_answer_that_came_back_has_no_heat_map_to_ask_for(answered, tmp_path):
    button = answered.classifyPanel.ui.classHeatMapButton
    assert button.enabled
    reopen(tmp_path / "scene.mrml")
    assert not button.enabled
    answered.classifyPanel.show_heat_map(True)
    assert not button.checked


def test_the_chosen_answer_stays_chosen_when_the_heads_of_the_backend_are_listed(answered, tmp_path):
    reopen(tmp_path / "scene.mrml")
    answered.classifyPanel._offer(HEADS)
    assert answered.classifyPanel.ui.headTable.currentRow() == 1
    assert answered.classifyPanel.heads.current()["head"] == "second"


def test_answers_about_a_scan_that_changed_since_are_told_to_be_so(answered, tmp_path):
    import slicer.util

    scan = answered.ui.scanSelector.currentNode()
    slicer.util.arrayFromVolume(scan)[0, 0, 0] = 99
    slicer.util.arrayFromVolumeModified(scan)
    reopen(tmp_path / "scene.mrml")
    assert "another time point of scan" in answered.classifyPanel.ui.messageLabel.text


def test_closing_the_scene_takes_the_answers_away_with_it(answered):
    import slicer

    slicer.mrmlScene.Clear()
    assert answered.classifyPanel.heads.current() is None and answered._parameters.answers == ""
    assert answered.classifyPanel.ui.headTable.rowCount == 0


def taught(**digests) -> list[dict]:
    """The cards of the heads, those named with the digest of their numbers."""
    return [{**head, "sha256": digests.get(head["name"], "")} for head in HEADS]


@pytest.fixture
def told_by(answered):
    """The same answers, each with the digest of the head that gave it."""
    from MRIFoundationLib.Scene import volume_key

    scan = answered.ui.scanSelector.currentNode()
    given = [{**ANSWER, "sha256": "old"}, {**UNFIT, "sha256": "same"}]
    answered.classifyPanel._show(scan.GetID(), volume_key(scan), given)
    return answered


def answered_names(panel) -> list[str]:
    return [answer["head"] for answer in panel.classifyPanel.heads.answers()]


def test_an_answer_goes_when_its_head_was_taught_anew_and_that_is_said(told_by):
    panel, message = told_by.classifyPanel, told_by.classifyPanel.ui.messageLabel
    panel._offer(taught(second="old", third="same"))
    assert answered_names(told_by) == ["second", "third"] and "1 of 2 heads fit" in message.text
    panel._offer(taught(second="new", third="same"))
    assert answered_names(told_by) == ["third"] and panel.ui.headTable.item(1, 1).text() == ""
    assert "Taught anew since" in message.text and "Dark or bright. Ask again." in message.text
    assert "bright" not in panel._bars.toolTip
    panel._offer(taught(second="new", third="newer"))
    assert answered_names(told_by) == [] and told_by._parameters.answers == ""
    assert panel.heads.current() is None and panel.ui.evidenceTable.rowCount == 0


@pytest.mark.parametrize("is_listed_first", [True, False])
def test_an_answer_of_a_saved_scene_goes_when_its_head_was_taught_anew_since(told_by, tmp_path, is_listed_first):
    import slicer

    panel = told_by.classifyPanel
    save(tmp_path / "scene.mrml")
    slicer.mrmlScene.Clear()
    if is_listed_first:
        panel._offer(taught(second="new", third="same"))
    load(tmp_path / "scene.mrml")
    if not is_listed_first:
        assert answered_names(told_by) == ["second", "third"]  # nobody knows better without a backend
        panel._offer(taught(second="new", third="same"))
    assert answered_names(told_by) == ["third"] and "Taught anew since" in panel.ui.messageLabel.text
    assert "Dark or bright" in panel.ui.messageLabel.text and '"second"' not in told_by._parameters.answers


def test_answers_of_heads_that_are_not_listed_stay(told_by):
    told_by.classifyPanel._offer([])
    assert answered_names(told_by) == ["second", "third"]


def test_teaching_takes_the_answer_of_before_away_even_where_the_numbers_are_the_same(told_by):
    panel = told_by.classifyPanel
    panel._taught({"name": "second", "title": "Dark or bright"}, taught(second="old", third="same"))
    assert answered_names(told_by) == ["third"] and panel.heads.current() is None
    assert "taught anew" in panel.ui.messageLabel.text and "ask again" in panel.ui.messageLabel.text
    panel._taught({"name": "second", "title": "Dark or bright"}, taught(second="old", third="same"))
    assert "can be asked now" in panel.ui.messageLabel.text


def test_the_cases_that_were_found_stay_out_of_the_scene_and_that_is_said(panel, tmp_path):
    from MRIFoundationLib.Searching import Found

    hit = {"case": "c1", "name": "somebody else", "score": 0.9, "percentile": 99.0, "facts": {"diagnosis": "MS"}}
    add_volume("scan", np.zeros((4, 5, 6), np.int16), np.eye(4))
    panel.similarPanel._show_found(Found([hit] * 3, 5), None)
    path = tmp_path / "scene.mrml"
    reopen(path)
    assert "somebody else" not in path.read_text()
    message = panel.similarPanel.ui.messageLabel
    assert message.enabled and message.text.startswith("The 3 cases found before are not in the saved scene")


def test_a_scene_without_such_answers_says_nothing_of_them(panel, tmp_path):
    add_volume("scan", np.zeros((4, 5, 6), np.int16), np.eye(4))
    reopen(tmp_path / "scene.mrml")
    assert not panel.similarPanel.ui.messageLabel.enabled and not panel.classifyPanel.ui.messageLabel.enabled


def test_what_is_kept_has_an_end(module):
    from MRIFoundationLib import KeptAnswers

    wordy = {**ANSWER, "evidence": [FACT] * 5000}
    text = KeptAnswers.keep("abc", [wordy])
    assert len(text) <= KeptAnswers.MOST_CHARACTERS
    content, [answer] = KeptAnswers.recall(text)
    assert content == "abc" and answer["evidence"] == [] and answer["probabilities"] == ANSWER["probabilities"]
    assert KeptAnswers.keep("abc", [{**ANSWER, "caution": "x" * KeptAnswers.MOST_CHARACTERS}]) == ""


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "{}", json.dumps({"content": "a", "answers": [{"head": "h"}, 3]})]
)
def test_what_cannot_be_read_is_no_answer(module, text):
    from MRIFoundationLib import KeptAnswers

    assert KeptAnswers.recall(text)[1] == []
