"""The keys of contouring, heard only while its section is open."""

from __future__ import annotations

from collections.abc import Callable

import qt
import slicer.util

KEYS = {
    "positive": "P",
    "negative": "N",
    "undo": "U",
    "redo": "Shift+U",
    "next": ".",
    "previous": ",",
    "accept": "Shift+A",
    "reject": "Shift+X",
}


class ContourKeys:
    """One shortcut an action, in Slicer's main window, so that the mouse may stay over a view. A key typed into a text field is text."""

    def __init__(self, widget, actions: dict[str, Callable[[], None]]):
        window = slicer.util.mainWindow() or widget
        self._shortcuts = []
        for name, action in actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(KEYS[name]), window)
            shortcut.enabled = False
            shortcut.connect("activated()", action)
            self._shortcuts.append(shortcut)

    def listen(self, wanted: bool) -> None:
        """Hear the keys, or leave them to others."""
        for shortcut in self._shortcuts:
            shortcut.enabled = wanted

    def end(self) -> None:
        """Take the shortcuts away with the module."""
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts = []
