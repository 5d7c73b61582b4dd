"""Probabilities as bars with their intervals."""

from __future__ import annotations

import qt

from . import AnswerText

_ROW, _BARS_SHOWN, _GAP = 22, 5, 6
_BAR = "#4A90D9"
_UNCALIBRATED = 0.4  # opacity of the bars of an answer that is less certain than a head's


class BarChart(qt.QWidget):
    """One row a class, the most probable first; its height stays the same whatever it shows."""

    def __init__(self):
        qt.QWidget.__init__(self)
        self._rows = []
        self._opacity = 1.0
        self.setFixedHeight(_ROW * _BARS_SHOWN)

    def show_answer(self, answer) -> None:
        """Show the probabilities of an answer of a head, nothing for None."""
        rows = AnswerText.ranked(answer) if answer and answer["applicable"] else []
        self._rows = rows[:_BARS_SHOWN]
        self._opacity = 1.0 if not rows or AnswerText.is_calibrated(answer) else _UNCALIBRATED
        kind = AnswerText.interval_words(answer) if rows else ""
        self.setToolTip("\n".join(_words(*row, kind) for row in rows))
        self.update()

    def paintEvent(self, _event) -> None:
        painter = qt.QPainter(self)
        painter.setRenderHint(qt.QPainter.Antialiasing, True)
        for line, row in enumerate(self._rows):
            self._paint_row(painter, line * _ROW, *row)
        painter.end()  # PythonQt would end it too late

    def _paint_row(self, painter, top: int, name: str, probability: float, interval) -> None:
        names, numbers = round(self.width * 0.34), 52
        left, room = names + _GAP, self.width - names - numbers - 2 * _GAP
        middle = top + _ROW // 2
        painter.setPen(qt.QPen(self.palette.color(qt.QPalette.WindowText)))
        shown = self.fontMetrics().elidedText(name, qt.Qt.ElideRight, names)
        painter.drawText(0, top, names, _ROW, int(qt.Qt.AlignRight | qt.Qt.AlignVCenter), shown)
        right = left + room + _GAP
        percent = AnswerText.percent(probability)
        painter.drawText(right, top, numbers, _ROW, int(qt.Qt.AlignRight | qt.Qt.AlignVCenter), percent)
        painter.fillRect(left, top + 4, room, _ROW - 8, self.palette.color(qt.QPalette.Midlight))
        painter.setOpacity(self._opacity)
        painter.fillRect(left, top + 4, round(room * probability), _ROW - 8, qt.QColor(_BAR))
        painter.setOpacity(1.0)
        if interval:
            low, high = (left + round(room * end) for end in interval)
            painter.setPen(qt.QPen(self.palette.color(qt.QPalette.WindowText), 2))
            painter.drawLine(low, middle, high, middle)
            for end in (low, high):
                painter.drawLine(end, middle - 4, end, middle + 4)


def _words(name: str, probability: float, interval, kind: str) -> str:
    words = f"{name}: {AnswerText.percent(probability)}"
    if interval is None:
        return words
    return f"{words} ({kind}: {100 * interval[0]:.0f}–{100 * interval[1]:.0f} %)"
