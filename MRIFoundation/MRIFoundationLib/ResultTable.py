"""The table of what was found: colour, structure, volume, presence and how it was tested; a click on a row goes to the structure."""

from __future__ import annotations

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from . import RowText

_COLOUR, _NAME = range(2)
_SWATCH = 14
_ROW_HEIGHT = 24


class ResultTable:
    """Fills a QTableWidget of five columns; `on_chosen(center_ras_mm)` is called for a click on a structure in view."""

    def __init__(self, table, on_chosen: Callable[[list], None]):
        self._table, self._on_chosen = table, on_chosen
        self._rows: list[dict] = []
        lay_out(table, _NAME, _ROW_HEIGHT)
        self._hint = hint_in(table, _("The structures found come here, each with its volume."))
        table.connect("cellClicked(int,int)", self._clicked)

    def show(self, rows: list[dict]) -> None:
        """Show one line a row: those with a segment and its colour, and those that are not in view."""
        if rows == self._rows:
            return  # rebuilding would drop the selection
        self._rows = rows
        self._hint.visible = not rows
        self._table.rowCount = len(rows)
        for line, row in enumerate(rows):
            self._fill(line, row)

    def _fill(self, line: int, row: dict) -> None:
        seen = "segment" in row
        colour = table_item("")
        if seen:
            colour.setIcon(swatch(row["colour"]))
        numbers = (table_item(text(row), True) for text in (RowText.volume, RowText.presence, RowText.tested))
        cells = [colour, table_item(RowText.name(row)), *numbers]
        for column, item in enumerate(cells):
            item.setToolTip(RowText.about(row))
            if not seen or row.get("is_of_another_image"):
                item.setForeground(qt.QBrush(qt.QColor(128, 128, 128)))
            self._table.setItem(line, column, item)

    def _clicked(self, line: int, _column: int) -> None:
        center = self._rows[line]["center_ras_mm"]
        if center:
            self._on_chosen(center)


def lay_out(table, name_column: int, row_height: int) -> None:
    """Columns as wide as what they hold, names taking what is left; no numbers before the rows."""
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    header.setSectionResizeMode(name_column, qt.QHeaderView.Stretch)
    header.minimumSectionSize = 26
    table.verticalHeader().visible = False
    table.verticalHeader().defaultSectionSize = row_height


def hint_in(table, words: str):
    """Words in grey in the middle of an empty table; gives their label, to be hidden while there are rows."""
    label = qt.QLabel(words)
    label.setAlignment(qt.Qt.AlignCenter)
    label.enabled, label.wordWrap = False, True
    qt.QVBoxLayout(table.viewport()).addWidget(label)
    return label


def table_item(text: str, number: bool = False):
    item = qt.QTableWidgetItem(text)
    side = qt.Qt.AlignRight if number else qt.Qt.AlignLeft
    item.setTextAlignment(side | qt.Qt.AlignVCenter)
    return item


def swatch(colour):
    pixmap = qt.QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(qt.QColor(*(round(255 * channel) for channel in colour)))
    return qt.QIcon(pixmap)
