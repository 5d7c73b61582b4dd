"""A question taught in the Classify section, driven as a person would, against a real backend with labelled cases."""

import csv

import numpy as np
import pytest
from archive import SPACING_MM, ball
from similar_driver import choose_collection, find, wait, wait_for_end
from volumes import add_volume

CARD = {
    "name": "dark-or-bright",
    "title": "Dark or bright",
    "question": "?",
    "inputs": "1 series",
    "classes": ["bright", "dark"],
    "trained_on": {"sentence": "Fitted to 8 examinations of 8 people (bright: 4, dark: 4 people)."},
    "figures": {
        "auc": 0.91,
        "auc_interval": [0.72, 0.98],
        "brier": 0.12,
        "reliability": [{"given": 0.1, "true": 0.0, "n": 3}, {"given": 0.8, "true": 1.0, "n": 5}],
    },
    "limits": ["Nobody else has checked it."],
}


@pytest.fixture(scope="session")
def clinic(session_backend, archive, own_library):
    """The archive once more, as the collection 'clinic': its table tells the diagnosis and the sex, which is one and the same."""
    from archive import ingest

    table = own_library / "clinic.csv"
    with open(table, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "id", "subject", "sequence", "sex", "diagnosis"])
        for n, name in enumerate(archive.names):
            rows.writerow([f"{archive.folder.name}/{name}.nii.gz", name, f"p{n}", "T1", "F", name.split("_")[2]])
    ingest(session_backend, "clinic", table)


@pytest.fixture
def ready(clinic, connected, own_library):
    """The module with the box for teaching unfolded; what is taught there is forgotten afterwards."""
    before = set((own_library / "heads").glob("*"))
    connected.ui.profileCombo.currentText = "fast"
    connected.ui.classifySection.collapsed = False
    connected.classifyPanel.ui.teachHeadBox.collapsed = False
    wait(lambda: connected.classifyPanel.ui.teachFromCombo.findData("clinic") > 0, "the collections")
    yield connected
    for file in set((own_library / "heads").glob("*")) - before:
        file.unlink()


def learn_from(widget, source, column="diagnosis"):
    ui = widget.classifyPanel.ui
    ui.teachFromCombo.currentIndex = ui.teachFromCombo.findData(source)
    wait(lambda: source == "*" or ui.teachColumnCombo.findText(column) >= 0, "the columns")
    ui.teachColumnCombo.currentText = column


def teach(widget, name):
    ui = widget.classifyPanel.ui
    ui.teachHeadLine.text = name
    assert ui.teachHeadButton.enabled
    ui.teachHeadButton.click()
    assert widget.requests.busy
    wait_for_end(widget)
    return ui.messageLabel


def names(widget):
    return [head["name"] for head in widget.classifyPanel.heads._heads]


def test_a_question_is_taught_from_a_column_and_its_card_is_told(ready):
    ui = ready.classifyPanel.ui
    assert not ui.teachHeadButton.enabled
    learn_from(ready, "clinic")
    assert ui.teachHeadFacts.text == "People: bright: 4, dark: 4."
    told = teach(ready, "Dark or bright")
    assert "can be asked now. Fitted to 8 examinations of 8 people (bright: 4, dark: 4 people)." in told.text
    assert "Cross-validated AUC" in told.text and "Calibration for dark" in told.text
    assert names(ready)[ui.headTable.currentRow()] == "dark-or-bright"
    assert "dark-or-bright" not in ready.classifyPanel.heads.skipped()
    assert "There is this question already" in ui.teachHeadFacts.text


def test_a_question_that_is_taught_anew_loses_its_answer_of_before(ready):
    scan = add_volume("bright", ball(77, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    ready.ui.scanSelector.setCurrentNode(scan)
    learn_from(ready, "clinic")
    teach(ready, "Dark or bright")
    panel = ready.classifyPanel
    panel.ui.classifyButton.click()
    wait_for_end(ready)
    [answer] = [one for one in panel.heads.answers() if one["head"] == "dark-or-bright"]
    [card] = [head for head in panel.heads._heads if head["name"] == "dark-or-bright"]
    assert answer["sha256"] == card["sha256"] != ""
    panel._ask_for_heads()
    wait(lambda: not ready.worker._timer.active, "the list")
    assert answer in panel.heads.answers()  # it is listed as it was
    assert "was taught anew, so that its answer of before is taken away" in teach(ready, "Dark or bright").text
    assert "dark-or-bright" not in [one["head"] for one in panel.heads.answers()]
    assert panel.heads.current() is None and "dark-or-bright" not in ready._parameters.answers


def test_a_single_class_is_told_before_and_refused_in_the_words_of_the_service(ready):
    ui = ready.classifyPanel.ui
    learn_from(ready, "clinic", "sex")
    reason = "All cases are labelled 'F'; a head needs at least two classes to tell apart."
    assert ui.teachHeadFacts.text == reason.replace("'", "&#x27;")
    told = teach(ready, "sex")
    assert told.text == reason.replace("'", "&#x27;") and "b03024" in told.styleSheet and "sex" not in names(ready)


def test_a_column_that_is_typed_and_told_by_no_case_is_refused(ready):
    learn_from(ready, "clinic")
    ready.classifyPanel.ui.teachColumnCombo.currentText = "grade"
    assert "tells its grade; choose another fact or collection" in teach(ready, "grade").text


def test_a_cancel_of_teaching_leaves_no_head(ready, client):
    from double.events import beside

    learn_from(ready, "clinic")
    ui = ready.classifyPanel.ui
    ui.teachHeadLine.text = "given up"
    ui.teachHeadButton.click()
    ready.ui.cancelButton.click()
    assert ui.messageLabel.text == "Cancelled." and ui.teachHeadButton.enabled
    wait(lambda: not ready.worker._timer.active, "the end of all work")
    assert "given-up" not in [head["name"] for head in beside(client.heads)]


def test_cases_ticked_in_the_gallery_have_it_and_the_others_found_do_not(ready):
    import qt

    learn_from(ready, "*")
    ui = ready.classifyPanel.ui
    ui.teachHeadLine.text = "glow"
    assert ui.teachHeadFacts.text.startswith("Find cases in Similar scans") and not ui.teachHeadButton.enabled
    ready.ui.similarSection.collapsed = False
    ready.ui.scanSelector.setCurrentNode(
        add_volume("bright", ball(77, bright=True), np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))
    )
    choose_collection(ready, "clinic")
    model = ready.similarPanel.ui.galleryView.model()
    for row, name in enumerate(find(ready)):
        if "bright" in name:
            model.item(row).setCheckState(qt.Qt.Checked)
    ready.ui.classifySection.collapsed = False
    assert ui.teachHeadFacts.text.startswith("4 of the 8 cases found are ticked")
    assert "(glow: 4, no glow: 4 people)" in teach(ready, "glow").text


def test_a_name_in_another_script_is_left_to_the_refusal_of_the_service(scene):
    from MRIFoundationLib.HeadTeaching import short_name

    assert short_name("Torn  meniscus (left)") == "torn-meniscus-left" and short_name("épilepsie") == "epilepsie"
    assert short_name("半月板") == "半月板" and short_name("a" * 63 + " b") == "a" * 63


def test_what_a_head_is_worth_stands_in_its_tooltip(panel):
    panel.classifyPanel._offer([CARD])
    tip = panel.classifyPanel.ui.headTable.item(0, 0).toolTip()
    assert "Cross-validated AUC 0.91 (0.72 to 0.98).<br>" in tip
    assert "Calibration for dark, said → came true (cases): 10 → 0 % (3), 80 → 100 % (5); Brier score 0.12" in tip
    asked = {**CARD["figures"], "auc": 0.7, "patients": 22}
    panel.classifyPanel._offer(
        [{**CARD, "figures": {**CARD["figures"], "development": asked, "unseen_sources": asked}}]
    )
    tip = panel.classifyPanel.ui.headTable.item(0, 0).toolTip()
    first = tip.index("On 22 real people it never saw: AUC 0.70 (0.72 to 0.98).<br>Calibration for dark")
    assert first < tip.index("Learned from simulated cases alone, on 22 real people") < tip.index("Cross-validated")
    panel.classifyPanel._offer([{**CARD, "trained_on": {}, "figures": {"auc": None, "auc_interval": [None, None]}}])
    assert "validated" not in panel.classifyPanel.ui.headTable.item(0, 0).toolTip()
