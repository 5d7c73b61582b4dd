"""The button that brings back the text which a draft took the place of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slicer.i18n import tr as _

from .ReportShelf import Shelved

_MARGINS = 24  # pixels that a button has left and right of its words together, in any of Slicer's styles


class ReportBackButton:
    """Binds a QPushButton of a .ui file. It is there also when there is nothing to bring back, and as wide whatever it says, so that
    nothing moves."""

    def __init__(self, button, on_click: Callable[[], None]):
        self._button = button
        metrics = button.fontMetrics()
        words = (self._words(is_own=True), self._words(is_own=False))
        button.setFixedWidth(max(map(metrics.horizontalAdvance, words)) + _MARGINS)
        button.connect("clicked()", on_click)

    def show(self, shelf: Sequence[Shelved]) -> None:
        """Offer the first text of the shelf."""
        self._button.enabled = bool(shelf)
        self._button.text = self._words(not shelf or shelf[0].is_own)

    @staticmethod
    def _words(is_own: bool) -> str:
        return _("Bring back my text") if is_own else _("Bring back the draft")
