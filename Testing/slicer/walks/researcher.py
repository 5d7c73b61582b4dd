"""A library of real scans, and what in it is like a brain, like words, like a report."""

import screenshot
from screenshot import press, wait_for

from .pack import BRAIN, LIBRARY, Pack
from .steps import FirstRun, Walk, plain, told, unfold

REPORT = "T2-weighted MRI of the abdomen. Liver, spleen and both kidneys are normal."
HITS_TOLD = 3


def walk(module, pack: Pack, profile: str) -> Walk:
    way, table = Walk("Researcher: scans like this one"), pack.library()
    pack.load(BRAIN)
    with FirstRun(way, module, profile) as widget:
        panel = widget.similarPanel
        way.step("open Similar scans", 1, lambda: unfold(widget, "similar"))
        words = f"open Add scans, type the table of {len(LIBRARY)} scans, press Add"
        way.step(words, 3, lambda: add(widget, table))
        way.step("press Find similar scans", 1, lambda: find(widget))
        way.step("choose a hit: what is known of it is told", 1, lambda: choose(panel))
        way.step("press Compare, then Heat map: linked slices", 2, lambda: compare(widget))
        way.step("press Compare again: everything is as before", 1, panel.ui.compareButton.click)
        way.step("choose words, type *glioma*, Enter", 4, lambda: find_by(widget, "words", "glioma"))
        way.step("choose a report, paste it, press Find", 4, lambda: find_by(widget, "report", REPORT))
        way.step("double click the first hit: it is loaded", 1, lambda: load(widget))
    return way


def add(widget, table) -> str:
    ui = widget.similarPanel.ui
    ui.ingestBox.collapsed = False
    ui.ingestFolder.currentPath = str(table)
    ui.ingestButton.click()
    wait_for(lambda: not ui.ingestCancelButton.enabled, "the ingest")
    return plain(ui.ingestMessage.text)


def find(widget) -> str:
    press(widget, widget.similarPanel.ui.findButton)
    model = widget.similarPanel.ui.galleryView.model()
    labels = (model.item(row).text().split("\n") for row in range(min(HITS_TOLD, model.rowCount())))
    return told(widget.similarPanel, "; ".join(" ".join(label[:2]) for label in labels))


def find_by(widget, kind: str, words: str) -> str:
    ui = widget.similarPanel.ui
    ui.likeCombo.currentIndex = ui.likeCombo.findData(kind)
    if kind == "words":
        ui.wordsLine.setText(words)
    else:
        ui.reportEdit.setPlainText(words)
    return find(widget)


def choose(panel) -> str:
    panel.gallery.choose(0)
    return plain(panel.ui.detailView.plainText)


def compare(widget) -> str:
    screenshot.compare(widget, None)
    return told(widget.similarPanel)


def load(widget) -> str:
    widget.similarPanel.gallery.choose(0)
    widget.similarPanel.load()
    wait_for(lambda: not widget.requests.busy, "the case")
    import slicer.util

    return slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")[-1].GetName()
