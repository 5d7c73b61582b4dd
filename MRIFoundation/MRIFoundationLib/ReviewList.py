"""The slices to look at first, over all contours, those where one breaks off before doubtful ones: what was looked at is ticked off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import qt
from slicer.i18n import tr as _


@dataclass(frozen=True)
class ReviewSlice:
    """A slice of a contour. `key`: id of the segment; `number`: as a person counts, from 1. `why`: doubt, of a border, with its
    `doubt_mm`; gap, where the contour is missing; or jump, where a tube is suddenly wider or thinner."""

    key: str
    name: str
    number: int
    center: tuple[float, float, float]
    doubt_mm: float = 0.0
    why: str = "doubt"


class ReviewList:
    """Fills a QListWidget; `on_visit(slice)` is called when one is chosen, by click or by going on to it."""

    def __init__(self, view, on_visit: Callable[[ReviewSlice], None]):
        self._view, self._on_visit = view, on_visit
        self._slices: list[ReviewSlice] = []
        self._seen: set[ReviewSlice] = set()
        view.connect("currentRowChanged(int)", self._visit)

    def show(self, slices: list[ReviewSlice]) -> None:
        """Offer these slices, breaks as they come, then the most doubtful first; those seen before stay ticked off."""
        blocked = self._view.blockSignals(True)
        self._slices = sorted(slices, key=lambda one: (one.why == "doubt", -one.doubt_mm))
        self._seen &= set(slices)
        self._view.clear()
        for line in range(len(self._slices)):
            self._view.addItem("")
            self._write(line)
        self._view.setCurrentRow(-1)
        self._view.blockSignals(blocked)

    def step(self, forward: bool) -> None:
        """Go to the next slice of the list, or back."""
        if self._slices:
            current = self._view.currentRow
            line = current + (1 if forward else -1) if current >= 0 else 0
            self._view.setCurrentRow(max(0, min(line, len(self._slices) - 1)))

    @property
    def left(self) -> int:
        """How many were not looked at yet."""
        return len(self._slices) - len(self._seen)

    def _visit(self, line: int) -> None:
        if 0 <= line < len(self._slices):
            self._seen.add(self._slices[line])
            self._write(line)
            self._on_visit(self._slices[line])

    def _write(self, line: int) -> None:
        one, seen = self._slices[line], self._slices[line] in self._seen
        words = {
            "doubt": _("{tick} {name}, slice {number}: ± {doubt:.1f} mm"),
            "gap": _("{tick} {name}, slice {number}: no contour here"),
            "jump": _("{tick} {name}, slice {number}: suddenly wider or thinner"),
        }[one.why]
        item = self._view.item(line)
        item.setText(words.format(tick="✓" if seen else "•", name=one.name, number=one.number, doubt=one.doubt_mm / 2))
        item.setForeground(qt.QBrush(qt.QColor(128, 128, 128) if seen else self._view.palette.text().color()))
