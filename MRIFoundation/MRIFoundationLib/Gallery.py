"""The gallery of hits: a list view that fetches only the thumbnails it shows, so that a thousand hits stay smooth."""

from __future__ import annotations

from collections.abc import Callable

import qt

from . import HitText
from .Client import Client
from .Connection import Connection
from .Failures import NotHeld
from .Task import Task

_PICTURE = (168, 56)
_CELL = (182, 116)
_BATCH = 12
_PAUSE_MILLISECONDS = 40


class Gallery:
    """Fills a QListView. `on_chosen()` is called when another hit is current, `on_opened()` for a double click."""

    def __init__(self, view, connection: Connection, on_chosen: Callable[[], None], on_opened: Callable[[], None]):
        self._view, self._connection = view, connection
        self._hits: list[dict] = []
        self._pictured: set[int] = set()
        self._ticked: set[int] = set()
        self._task: Task | None = None
        self._model = qt.QStandardItemModel()
        self._model.connect("itemChanged(QStandardItem*)", self._take_tick)
        self._empty = _pixmap()
        self._set_up(view)
        self._timer = qt.QTimer(view)  # it must not outlive the view
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MILLISECONDS)
        self._timer.connect("timeout()", self._fetch_visible)
        view.verticalScrollBar().connect("valueChanged(int)", lambda: self._timer.start())
        view.verticalScrollBar().connect("rangeChanged(int,int)", lambda: self._timer.start())
        view.selectionModel().connect("currentChanged(QModelIndex,QModelIndex)", lambda: on_chosen())
        view.connect("doubleClicked(QModelIndex)", lambda: on_opened())

    def show(self, hits: list[dict]) -> None:
        """Show these hits instead, the first at the top; none is chosen."""
        if self._task:
            self._task.cancel()
            self._task = None
        self._hits, self._pictured, self._ticked = hits, set(), set()
        self._model.clear()
        for hit in hits:
            self._model.appendRow(self._item(hit))
        self._view.scrollToTop()
        if hits:
            self._timer.start()

    def current(self) -> dict | None:
        """The chosen hit."""
        row = self._view.currentIndex().row()
        return self._hits[row] if 0 <= row < len(self._hits) else None

    def ticks(self) -> dict[str, bool]:
        """The hits by the id of their case, with whether each is ticked."""
        return {hit["case"]: row in self._ticked for row, hit in enumerate(self._hits)}

    def choose(self, row: int) -> None:
        """Make a hit the current one."""
        self._view.setCurrentIndex(self._model.index(row, 0))

    def resume(self) -> None:
        """Go on with the thumbnails that are missing, as after the backend came back."""
        self._timer.start()

    def visible_rows(self) -> range:
        """The hits in view, and one line more at either end."""
        viewport, (width, height) = self._view.viewport(), _CELL
        columns = max(1, viewport.width // width)
        first = max(0, self._view.verticalScrollBar().value // height - 1) * columns
        return range(first, min(len(self._hits), first + (viewport.height // height + 4) * columns))

    def _set_up(self, view) -> None:
        view.setViewMode(qt.QListView.IconMode)
        view.setResizeMode(qt.QListView.Adjust)
        view.setMovement(qt.QListView.Static)
        view.setVerticalScrollMode(qt.QAbstractItemView.ScrollPerPixel)
        view.uniformItemSizes = True
        view.iconSize = qt.QSize(*_PICTURE)
        view.gridSize = qt.QSize(*_CELL)
        view.verticalScrollBar().singleStep = _CELL[1] // 3
        view.setModel(self._model)

    def _item(self, hit: dict):
        item = qt.QStandardItem(HitText.label(hit))
        item.setEditable(False)
        item.setCheckable(True)
        item.setToolTip(HitText.details(hit))
        item.setIcon(qt.QIcon(self._empty))
        return item

    def _take_tick(self, item) -> None:
        if item.checkState() == qt.Qt.Checked:
            self._ticked.add(item.row())
        else:
            self._ticked.discard(item.row())

    def _fetch_visible(self) -> None:
        rows = [row for row in self.visible_rows() if row not in self._pictured][:_BATCH]
        if not rows or self._task or not self._connection.connected:
            return
        cases = [self._hits[row]["case"] for row in rows]
        self._task = self._connection.fetch(
            lambda client: [_thumbnail(client, case) for case in cases],
            lambda pictures: self._put(rows, pictures),
            self._stop,
        )

    def _put(self, rows: list[int], pictures: list[bytes]) -> None:
        self._task = None
        for row, picture in zip(rows, pictures):
            self._pictured.add(row)
            if picture:
                self._model.item(row).setIcon(qt.QIcon(_pixmap(picture)))
        self._fetch_visible()

    def _stop(self, _error: Exception) -> None:
        self._task = None  # the connection tells why; `resume` goes on


def _thumbnail(client: Client, case: str) -> bytes:
    try:
        return client.thumbnail(case)
    except NotHeld:
        return b""


def _pixmap(png: bytes = b""):
    """The picture, or an empty one, at the size of the gallery."""
    pixmap = qt.QPixmap(*_PICTURE)
    pixmap.fill(qt.QColor(40, 40, 44))
    if png:
        pixmap.loadFromData(qt.QByteArray(png))
    return pixmap.scaled(qt.QSize(*_PICTURE), qt.Qt.KeepAspectRatio, qt.Qt.SmoothTransformation)
