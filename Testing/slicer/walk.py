"""Walk the ways of a radiologist, a researcher and an annotator through the module, and write what each step took:
python Testing/slicer/walk.py OUT.md --library FOLDER [--profile fast].

A step is what a person does before looking at the screen again. Clicks count mouse clicks and keys (a typed line counts as one).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import screenshot
from screenshot import HERE, MODULE, press, wait_for


class Walk:
    """Does steps and keeps the clicks and seconds of each."""

    def __init__(self, title: str):
        self.title, self.steps = title, []

    def step(self, words: str, clicks: int, action) -> None:
        started = time.monotonic()
        action()
        self.steps.append((words, clicks, time.monotonic() - started))
        print(f"{self.title}: {words} ({clicks}, {self.steps[-1][2]:.1f} s)", flush=True)

    def table(self) -> str:
        lines = [f"## {self.title}", "", "| step | clicks and keys | seconds |", "|---|---|---|"]
        lines += [f"| {words} | {clicks} | {seconds:.1f} |" for words, clicks, seconds in self.steps]
        totals = sum(clicks for _, clicks, _ in self.steps), sum(seconds for *_, seconds in self.steps)
        return "\n".join([*lines, f"| **all** | **{totals[0]}** | **{totals[1]:.1f}** |", ""])


def unfold(widget, name: str) -> None:
    getattr(widget.ui, f"{name}Section").collapsed = False


def radiologist(widget, wanted) -> Walk:
    walk, ui = Walk("Radiologist: structures and a report"), widget.segmentPanel.ui
    walk.step("open Segment, type two structures, press Segment", 3, lambda: screenshot.segment(widget, wanted))
    walk.step("click a row: the slices go there", 1, lambda: screenshot.look_at_first_structure(widget))
    assert ui.resultTable.rowCount
    walk.step("open Report", 1, lambda: unfold(widget, "report"))
    walk.step("type the age, press Write", 2, lambda: screenshot.report(widget, wanted))
    assert "research" in widget.reportPanel.ui.reportEditor.plainText.lower() or widget.ui.researchLabel.text
    return walk


def researcher(widget, wanted) -> Walk:
    walk, ui = Walk("Researcher: scans like this one"), widget.similarPanel.ui
    walk.step("open Similar scans", 1, lambda: unfold(widget, "similar"))
    walk.step("add a folder to the library", 3, lambda: add(widget, wanted.library))
    walk.step("press Find", 1, lambda: press(widget, ui.findButton))
    walk.step("choose a hit: what is known of it is told", 1, lambda: widget.similarPanel.gallery.choose(0))
    walk.step("press Compare and Heat maps: linked slices", 2, lambda: screenshot.compare(widget, wanted))
    walk.step("press Compare again: everything is as before", 1, lambda: ui.compareButton.click())
    return walk


def annotator(widget, wanted) -> Walk:
    walk = Walk("Annotator: organs at risk, corrected")
    walk.step("open Contour", 1, lambda: unfold(widget, "contour"))
    walk.step("choose a set, Segment the set, choose a row", 4, lambda: screenshot.contour(widget, wanted))
    walk.step("mouse over the slice, key N: this does not belong", 1, lambda: screenshot.correct(widget, wanted))
    return walk


def add(widget, folder: Path) -> None:
    ui = widget.similarPanel.ui
    ui.ingestFolder.currentPath = str(folder)
    ui.ingestButton.click()
    wait_for(lambda: not ui.ingestCancelButton.enabled, "the ingest")
    print(ui.ingestMessage.text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the page to write, its words above the first table are kept")
    parser.add_argument("--library", type=Path, required=True, help="folder of scans for the researcher")
    parser.add_argument("--profile", choices=("fast", "standard", "fine"), default="fast")
    wanted = parser.parse_args()
    wanted.prompt, wanted.organs, wanted.organ, wanted.points = (
        "both hippocampi, lateral ventricle",
        "brain",
        "brainstem",
        "- 0 -52 -37",
    )
    own = tempfile.mkdtemp()
    os.environ |= {
        "XDG_CONFIG_HOME": own,
        "MRIFOUNDATION_LIBRARY": own + "/library",
        "MRIFOUNDATION_CACHE": own + "/cache",
    }
    os.environ["MRIFOUNDATION_LIBRARY_ROOTS"] = "/"
    sys.path[:] = [str(HERE), str(MODULE.parent), *(entry for entry in sys.path if entry != str(HERE))]
    from backend_process import BackendProcess
    from double import application, scripted_module

    app = application.start()
    volume = screenshot.add_mni_scan()
    volume.CreateDefaultDisplayNodes()
    widget = scripted_module.open_panel(scripted_module.load(MODULE))
    screenshot.four_up(app, volume)
    backend = BackendProcess(None)
    backend.start()
    try:
        screenshot.connect(widget, backend.url, volume)
        widget.ui.profileCombo.currentText = wanted.profile
        walks = [walk(widget, wanted) for walk in (radiologist, researcher, annotator)]
    finally:
        scripted_module.close_panel(widget)
        backend.kill()
    words = wanted.out.read_text(encoding="utf-8").split("\n## ")[0].rstrip() if wanted.out.is_file() else "# Walks"
    wanted.out.write_text("\n\n".join([words, *(walk.table() for walk in walks)]).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
