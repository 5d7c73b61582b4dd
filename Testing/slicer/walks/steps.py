"""Steps that are timed and counted, and the first of every way: the module was never opened, the backend never started."""

import os
import re
import time
from html import unescape
from pathlib import Path

import screenshot


class Walk:
    """Does steps and keeps the clicks and seconds of each. A step is what a person does before looking at the screen again; clicks count
    mouse clicks and keys, a typed line counts as one."""

    def __init__(self, title: str):
        self.title, self.steps, self.weights = title, [], ""

    def step(self, words: str, clicks: int, action) -> None:
        """What `action()` gives, if anything, is what the person sees then."""
        started, computed = time.monotonic(), processor_seconds()
        seen = action() or ""
        self.steps.append((words, clicks, time.monotonic() - started, processor_seconds() - computed, seen))
        print(_line(self.steps[-1]), flush=True)

    def table(self) -> str:
        head = ["| step | clicks and keys | seconds | of a processor | what is seen then |", "|---|---|---|---|---|"]
        totals = (sum(step[column] for step in self.steps) for column in (1, 2, 3))
        return "\n".join([f"## {self.title}", "", *head, *map(_line, self.steps), _line(("**all**", *totals, ""))])


def _line(step: tuple) -> str:
    words, clicks, seconds, computed, seen = step
    return f"| {words} | {clicks} | {seconds:.1f} | {computed:.1f} | {seen} |"


def processor_seconds() -> float:
    """What this process and all below it, the backend among them, have computed so far; 0 where the system does not tell. Unlike the
    time that passes it does not depend on what else the computer does."""
    parents, used = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(file.parent.name)] = int(fields[1])
        used[int(file.parent.name)] = sum(map(int, fields[11:15]))
    below = {os.getpid()} & set(used)
    while more := {process for process, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(used[process] for process in below) / os.sysconf("SC_CLK_TCK") if below else 0.0


class FirstRun:
    """The opened module, connected to the backend that its Start button has started; both are gone afterwards."""

    def __init__(self, walk: Walk, module, profile: str):
        self._walk, self._module, self._profile = walk, module, profile

    def __enter__(self):
        import slicer
        from backend_process import free_port
        from MRIFoundationLib.Settings import Settings

        slicer.app.userSettings().clear()
        Settings().local_address = f"http://127.0.0.1:{free_port()}"
        self._walk.step("open the module", 1, self._open)
        self._walk.step("press Start", 1, self._start)
        self._walk.weights = self._widget.connection.info["model"]["id"]
        self._widget.ui.profileCombo.currentText = self._profile
        return self._widget

    def __exit__(self, *_):
        import slicer
        from double import scripted_module

        scripted_module.close_panel(self._widget)
        slicer.mrmlScene.Clear()

    def _open(self) -> str:
        self._widget = screenshot.open_unconnected(self._module)
        ui = self._widget.backendPanel.ui
        assert ui.startButton.visible and ui.startButton.enabled
        return f"*Backend* is open: “{ui.localLabel.text}” and *{ui.startButton.text}*"

    def _start(self) -> str:
        screenshot.start_backend(self._widget)
        return plain(self._widget.backendPanel.ui.statusLabel.text)


def unfold(widget, name: str) -> None:
    getattr(widget.ui, f"{name}Section").collapsed = False


def told(panel, seen: str = "") -> str:
    """What is seen, and the message of the section."""
    label = panel.ui.messageLabel
    return " – ".join(filter(None, [seen, plain(label.text) if label.enabled else ""]))


def cells(table, columns) -> list[str]:
    """The text of each line of a table."""
    lines = range(table.rowCount)
    return [" ".join(table.item(line, column).text() for column in columns).strip() for line in lines]


def plain(words: str) -> str:
    """Rich text for a cell of a page, without folders, which are those of this run."""
    words = unescape(re.sub(r"<[^>]+>", " ", words)).replace("|", "/")
    return re.sub(r"/\S+/(\S+)", r"\1", re.sub(r"\s+", " ", words)).strip()
