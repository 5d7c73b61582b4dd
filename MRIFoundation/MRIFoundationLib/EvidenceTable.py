"""What an answer rests on: measured facts with what is usual."""

from __future__ import annotations

import qt

from . import AnswerText

_WHAT, _VALUE, _USUAL = range(3)


class EvidenceTable:
    """Fills a QTableWidget of three columns; the sentence of each fact is its tooltip."""

    def __init__(self, table):
        self._table = table
        header = table.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_WHAT, qt.QHeaderView.Stretch)
        table.verticalHeader().visible = False
        table.verticalHeader().defaultSectionSize = 22

    def show(self, evidence: list[dict]) -> None:
        """Show one line a fact."""
        self._table.rowCount = len(evidence)
        for line, fact in enumerate(evidence):
            cells = fact["what"], AnswerText.number(fact["value"], fact["unit"]), AnswerText.usual(fact)
            for column, text in enumerate(cells):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(fact["sentence"])
                if column == _VALUE:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                self._table.setItem(line, column, item)
