"""Words in a room of constant height: nothing moves when they come or go."""

from __future__ import annotations

import qt

from .Colours import warning_style

_MARGIN = 2  # pixels; without it the last line that fits would bring the scroll bar


class MessageLines:
    """Puts a QLabel of a .ui file into a room of so many lines, `at_least` on a small screen. Longer words are scrolled, and whole in
    the tooltip; while there are none, the text that the .ui file gives stands there in grey."""

    def __init__(self, label, lines: int, at_least: int = 0):
        self._label, self._hint, self._said, self._remark = label, label.text, "", ""
        line = label.fontMetrics().lineSpacing()
        self._room = _Room(lines * line + _MARGIN, (at_least or lines) * line + _MARGIN)
        label.parent().layout().replaceWidget(label, self._room)
        label.setAlignment(qt.Qt.AlignLeft | qt.Qt.AlignTop)
        self._room.setWidget(label)

    def say(self, *lines: str, kind: str = "") -> None:
        """Show these lines of rich text, in the colour of their kind (failed, caution); none empties the room."""
        self._said = "<br>".join(lines)
        self._label.styleSheet = warning_style(self._label, kind) if kind and lines else ""
        self._write()

    def remark(self, words: str) -> None:
        """Show this sentence of rich text above whatever is said, until it is taken back with an empty one."""
        if words != self._remark:
            self._remark = words
            self._write()

    def _write(self) -> None:
        remark = f'<span style="{warning_style(self._label, "caution")}">{self._remark}</span>' if self._remark else ""
        words = "<br>".join(filter(None, [remark, self._said]))
        self._label.text, self._label.toolTip = words or self._hint, words
        self._label.enabled = bool(words)
        self._room.verticalScrollBar().value = 0


class _Room(qt.QScrollArea):
    """Scrolls what is in it, which has no say in how high it is."""

    def __init__(self, height: int, least: int):
        qt.QScrollArea.__init__(self)
        self._height = height
        self.setFrameShape(qt.QFrame.NoFrame)
        self.setFocusPolicy(qt.Qt.NoFocus)
        self.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setMinimumHeight(least)
        self.setMaximumHeight(height)

    def sizeHint(self):
        return qt.QSize(0, self._height)

    def minimumSizeHint(self):
        return qt.QSize(0, 0)  # what is set above counts
