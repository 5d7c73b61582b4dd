"""The line in which structures are typed: the vocabulary completes the item under the cursor of a comma list."""

from __future__ import annotations

from collections.abc import Callable

import qt

from . import PromptText

_SHORTEST = 2
_SHOWN_AT_ONCE = 12


class PromptLine:
    """Adds completion to a QLineEdit; `on_enter` is called for Return when it does not choose a completion."""

    def __init__(self, edit, on_enter: Callable[[], None]):
        self._edit, self._on_enter = edit, on_enter
        self._completer = None
        self._names: list[str] = []
        edit.connect("textEdited(QString)", self._edited)
        edit.connect("returnPressed()", self._entered)

    def set_names(self, names: list[str]) -> None:
        """Complete from these names from now on."""
        if names == self._names:
            return
        self._names = names
        if self._completer:
            self._completer.disconnect("activated(QString)", self._chosen)
        self._completer = qt.QCompleter(names)
        self._completer.caseSensitivity = qt.Qt.CaseInsensitive
        self._completer.setFilterMode(qt.Qt.MatchContains)
        self._completer.maxVisibleItems = _SHOWN_AT_ONCE
        self._completer.setWidget(self._edit)
        self._completer.connect("activated(QString)", self._chosen)

    def _edited(self, text: str) -> None:
        if not self._completer:
            return
        start, end = PromptText.item_at(text, self._edit.cursorPosition)
        item = text[start:end]
        if len(item) < _SHORTEST or item.lower() in (name.lower() for name in self._names):
            self._completer.popup().hide()
            return
        self._completer.completionPrefix = item
        self._completer.complete()

    def _chosen(self, name: str) -> None:
        text, cursor = PromptText.complete(self._edit.text, self._edit.cursorPosition, name)
        self._edit.text = text
        self._edit.cursorPosition = cursor

    def _entered(self) -> None:
        if self._completer and self._completer.popup().visible:
            if self._completer.popup().currentIndex().isValid():
                return  # the completer takes this Return
            self._completer.popup().hide()
        self._on_enter()
