"""The list of heads: which are asked, and what each answered."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import qt

from . import AnswerText, KeptAnswers

_TITLE, _ANSWER = range(2)


class HeadList:
    """Fills a QTableWidget of two columns. `on_chosen()` is called for another current row, `on_ticked()` for a tick."""

    def __init__(self, table, on_chosen: Callable[[], None], on_ticked: Callable[[], None]):
        self._table, self._on_ticked = table, on_ticked
        self._heads: list[dict] = []
        self._answers: dict[str, dict] = {}
        self._rows: list[str] = []
        header = table.horizontalHeader()
        header.setSectionResizeMode(_TITLE, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(_ANSWER, qt.QHeaderView.ResizeToContents)
        table.verticalHeader().visible = False
        table.verticalHeader().defaultSectionSize = 22
        table.connect("itemSelectionChanged()", on_chosen)
        table.connect("itemChanged(QTableWidgetItem*)", lambda: self._on_ticked())

    def offer(self, heads: list[dict], skipped: set[str]) -> None:
        """Offer these heads, all ticked but the skipped ones."""
        self._heads = heads
        self._fill(skipped)

    def tick_all_but(self, skipped: set[str]) -> None:
        """Tick every head that is not among the skipped ones."""
        self._fill(skipped)

    def show(self, answers: list[dict]) -> None:
        """Show what was answered; an answer of no listed head, as to a sentence, gets a row of its own."""
        self._answers = {answer["head"]: answer for answer in answers}
        self._fill(self.skipped())
        if answers:
            best = next((answer for answer in answers if answer["applicable"]), answers[0])
            self._table.selectRow(self._rows.index(best["head"]))

    def answers(self) -> list[dict]:
        """What was answered."""
        return list(self._answers.values())

    def outdated(self) -> list[dict]:
        """The answers of heads that were taught anew since."""
        return KeptAnswers.outdated(self.answers(), self._heads)

    def ticked(self) -> list[dict]:
        """The heads that are to be asked."""
        skipped = self.skipped()
        return [head for head in self._heads if head["name"] not in skipped]

    def skipped(self) -> set[str]:
        """The names of the heads that are not to be asked."""
        boxes = [self._table.item(row, _TITLE) for row in range(min(len(self._heads), self._table.rowCount))]
        return {name for name, box in zip(self._rows, boxes) if box.checkState() == qt.Qt.Unchecked}

    def choose(self, name: str) -> None:
        """Make this head the current one, in view."""
        row = self._rows.index(name)
        self._table.selectRow(row)
        self._table.scrollToItem(self._table.item(row, _TITLE))

    def current(self) -> dict | None:
        """The answer in the chosen row."""
        return self._answers.get(self._chosen())

    def _chosen(self) -> str | None:
        """The name of the head in the chosen row."""
        row = self._table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _fill(self, skipped: set[str]) -> None:
        blocked, chosen = self._table.blockSignals(True), self._chosen()
        known = [head["name"] for head in self._heads]
        self._rows = known + [name for name in self._answers if name not in known]
        self._table.rowCount = len(self._rows)
        for row, head in enumerate(self._heads):
            self._put(row, head["title"], AnswerText.card(head), tick=head["name"] not in skipped)
        for row in range(len(self._heads), len(self._rows)):
            self._put(row, self._answers[self._rows[row]]["title"], "")
        if chosen in self._rows:
            self._table.selectRow(self._rows.index(chosen))
        self._table.blockSignals(blocked)

    def _put(self, row: int, title: str, tip: str, tick: bool | None = None) -> None:
        item = qt.QTableWidgetItem(title)
        item.setToolTip(tip)
        if tick is not None:
            item.setCheckState(qt.Qt.Checked if tick else qt.Qt.Unchecked)
        self._table.setItem(row, _TITLE, item)
        answer = self._answers.get(self._rows[row])
        told = qt.QTableWidgetItem(AnswerText.short(answer) if answer else "")
        told.setToolTip(escape(answer["reason"]) if answer and answer["reason"] else tip)
        if answer and not answer["applicable"]:
            told.setForeground(qt.QBrush(qt.QColor(128, 128, 128)))
        self._table.setItem(row, _ANSWER, told)
