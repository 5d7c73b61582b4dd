"""The table of contours: colour, structure, volume, doubt of the border, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import qt
from slicer.i18n import tr as _

from .ResultTable import lay_out, swatch, table_item

_COLOUR, _NAME, _VOLUME, _BORDER, _DECISION = range(5)
_ROW_HEIGHT = 22
_MARKS = {"accepted": "✓", "edited": "✓ ✎", "rejected": "✗"}


@dataclass(frozen=True)
class ContourRow:
    """`key`: id of the segment, or the organ's name where there is none yet. `colour`: None for what is still to be drawn.
    `volume_ml`, `doubt_mm`: None where it is not known. `decision`: the latest review, {} for none. `notes`: sentences."""

    key: str
    name: str
    colour: tuple | None = None
    volume_ml: float | None = None
    doubt_mm: float | None = None
    flagged: bool = False
    decision: tuple = ()
    edited: bool = False
    notes: tuple[str, ...] = ()


class ContourTable:
    """Fills a QTableWidget of five columns; `on_chosen(key)` is called when a person chooses a row."""

    def __init__(self, table, on_chosen: Callable[[str], None]):
        self._table, self._on_chosen = table, on_chosen
        self._rows: list[ContourRow] = []
        lay_out(table, _NAME, _ROW_HEIGHT)
        table.connect("itemSelectionChanged()", self._selected)

    def show(self, rows: list[ContourRow], chosen: str) -> None:
        """Show one line a contour, the one with the key `chosen` selected."""
        blocked = self._table.blockSignals(True)
        if rows != self._rows:
            self._rows = rows
            self._table.rowCount = len(rows)
            for line, row in enumerate(rows):
                self._fill(line, row)
        line = next((line for line, row in enumerate(rows) if row.key == chosen), -1)
        if line < 0:
            self._table.clearSelection()
        elif line not in {index.row() for index in self._table.selectionModel().selectedRows()}:
            self._table.selectRow(line)
        self._table.blockSignals(blocked)

    def _fill(self, line: int, row: ContourRow) -> None:
        colour = table_item("")
        if row.colour:
            colour.setIcon(swatch(row.colour))
        border = "–" if row.doubt_mm is None else f"± {row.doubt_mm / 2:.1f} mm"
        cells = [
            colour,
            table_item(row.name),
            table_item(_volume(row.volume_ml), True),
            table_item(border, True),
            table_item(_decision(row)),
        ]
        for column, cell in enumerate(cells):
            cell.setToolTip("\n".join([row.name, *row.notes]))
            if not row.colour:
                cell.setForeground(qt.QBrush(qt.QColor(128, 128, 128)))
            elif column == _BORDER and row.flagged:
                cell.setForeground(qt.QBrush(qt.QColor(192, 96, 0)))
            self._table.setItem(line, column, cell)

    def _selected(self) -> None:
        lines = self._table.selectionModel().selectedRows()
        if lines:
            self._on_chosen(self._rows[lines[0].row()].key)


def _volume(volume_ml: float | None) -> str:
    if volume_ml is None:
        return "–"
    return f"{volume_ml:.2f}" if volume_ml < 10 else f"{volume_ml:.1f}"


def _decision(row: ContourRow) -> str:
    if not row.colour:
        return _("by hand")
    if not row.decision:
        return _("edited") if row.edited else ""
    verdict, current = row.decision
    return _MARKS[verdict] + ("" if current and not row.edited else " " + _("(changed)"))
