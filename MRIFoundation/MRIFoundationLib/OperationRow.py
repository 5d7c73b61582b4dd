"""Post-processing of the chosen contour: what is done, how wide, with which other one."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from .ChoiceCombo import ChoiceCombo

_WIDE = ("smooth", "grow", "shrink")
_WITH_ANOTHER = ("union", "intersection", "difference")


class OperationRow:
    """Binds the operation widgets of ContourPanel.ui; `on_apply(operation, other segment or "")` does it."""

    def __init__(self, ui, on_apply: Callable[[dict, str], None]):
        self._ui, self._on_apply, self._kind = ui, on_apply, "smooth"
        self._kinds = ChoiceCombo(ui.operationCombo, self._take_kind)
        self._kinds.offer(_kinds())
        self._others = ChoiceCombo(ui.otherCombo, lambda _other: None)
        ui.operationButton.connect("clicked()", self._apply)
        self.refresh([], "", False)

    def refresh(self, segments: list[tuple[str, str]], chosen: str, is_possible: bool) -> None:
        """Offer these (name, id) segments, but the chosen one, as the other of a Boolean operation."""
        others = [pair for pair in segments if pair[1] != chosen]
        self._others.offer(others)
        with_another = self._kind in _WITH_ANOTHER
        self._ui.otherCombo.visible = with_another
        self._ui.widthSpin.visible = self._kind in _WIDE
        self._ui.operationButton.enabled = is_possible and (bool(others) or not with_another)

    def _take_kind(self, kind: str) -> None:
        self._kind = kind
        self._ui.otherCombo.visible = kind in _WITH_ANOTHER
        self._ui.widthSpin.visible = kind in _WIDE
        possible = self._ui.otherCombo.count > 0 or kind not in _WITH_ANOTHER
        self._ui.operationButton.enabled = possible and self._ui.undoButton.enabled

    def _apply(self) -> None:
        kind, mm = self._kind, self._ui.widthSpin.value
        other = self._ui.otherCombo.itemData(self._ui.otherCombo.currentIndex) if kind in _WITH_ANOTHER else ""
        if kind in ("grow", "shrink"):
            kind, mm = "margin", mm if kind == "grow" else -mm
        self._on_apply({"kind": kind, **({"mm": mm} if kind in ("smooth", "margin") else {})}, other or "")


def _kinds() -> list[tuple[str, str]]:
    return [
        (_("Smooth"), "smooth"),
        (_("Grow"), "grow"),
        (_("Shrink"), "shrink"),
        (_("Largest piece"), "largest-piece"),
        (_("Fill holes"), "fill-holes"),
        (_("Add another"), "union"),
        (_("Keep what another has"), "intersection"),
        (_("Take another away"), "difference"),
    ]
