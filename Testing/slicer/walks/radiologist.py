"""A brain and an abdomen: structures, a draft report that is saved, and what the heads say."""

from screenshot import look_at_first_structure, press, wait_for

from .pack import ABDOMEN, BRAIN, Pack
from .steps import FirstRun, Walk, cells, plain, told, unfold


def walk(module, pack: Pack, profile: str) -> Walk:
    way = Walk("Radiologist: structures and a report")
    pack.load(BRAIN)
    abdomen = pack.load(ABDOMEN)
    with FirstRun(way, module, profile) as widget:
        brain = "both hippocampi, lateral ventricle"
        way.step("type structures, press Segment", 2, lambda: segment(widget, brain))
        way.step("click a row: the slices go there", 1, lambda: look_at_first_structure(widget))
        way.step("open Report, type age and sex, press Write draft", 4, lambda: write_of_person(widget, 83, "F"))
        way.step("choose PDF, type the file, press Save", 4, lambda: save(widget, pack.own / "report.pdf"))
        way.step("open Classify, press Classify", 2, lambda: classify(widget))
        way.step("choose the abdomen", 2, lambda: widget.ui.scanSelector.setCurrentNode(abdomen))
        organs = "liver, spleen, both kidneys"
        way.step("open Segment, type organs, press Segment", 3, lambda: segment(widget, organs))
        way.step("open Report, press Write draft", 2, lambda: write(widget))
    return way


def segment(widget, prompt: str) -> str:
    unfold(widget, "segment")
    ui = widget.segmentPanel.ui
    ui.promptLine.setText(prompt)
    press(widget, ui.segmentButton)
    return told(widget.segmentPanel, "; ".join(f"{row} mL" for row in cells(ui.resultTable, (1, 2))))


def write_of_person(widget, age: int, sex: str) -> str:
    ui = widget.reportPanel.ui
    ui.reportAgeSpin.value = age
    ui.reportSexCombo.currentIndex = ui.reportSexCombo.findData(sex)
    return write(widget)


def write(widget) -> str:
    unfold(widget, "report")
    ui = widget.reportPanel.ui
    press(widget, ui.writeButton)
    return told(widget.reportPanel, f"{len(ui.reportEditor.plainText.split())} words")


def save(widget, path) -> str:
    ui = widget.reportPanel.ui
    ui.savePath.currentPath = str(path)
    ui.saveButton.click()
    wait_for(path.exists, "the file")
    assert path.read_bytes().startswith(b"%PDF")
    return told(widget.reportPanel)


def classify(widget) -> str:
    unfold(widget, "classify")
    ui = widget.classifyPanel.ui
    wait_for(lambda: ui.classifyButton.enabled, "the list of questions")
    press(widget, ui.classifyButton)
    rows = cells(ui.headTable, range(ui.headTable.columnCount))
    return told(widget.classifyPanel, "; ".join(map(plain, rows)))
