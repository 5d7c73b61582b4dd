"""A combo box whose entries have a translated label for people and a value for the scene."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class ChoiceCombo:
    """`on_chosen(value)` is called when a person chooses, never when the program shows a value."""

    def __init__(self, combo, on_chosen: Callable[[str], None]):
        self._combo, self._on_chosen = combo, on_chosen
        combo.connect("currentIndexChanged(int)", self._changed)

    def offer(self, choices: Iterable[tuple[str, str]]) -> None:
        """Offer these (label, value) pairs; the first is the one for a value that is not among them."""
        blocked = self._combo.blockSignals(True)
        value = self._combo.itemData(self._combo.currentIndex)
        self._combo.clear()
        for label, each in choices:
            self._combo.addItem(label, each)
        self._combo.currentIndex = max(0, self._combo.findData(value))
        self._combo.blockSignals(blocked)

    def show(self, value: str) -> None:
        """Show the entry with this value."""
        blocked = self._combo.blockSignals(True)
        self._combo.currentIndex = max(0, self._combo.findData(value))
        self._combo.blockSignals(blocked)

    def _changed(self, index: int) -> None:
        self._on_chosen(self._combo.itemData(index) or "")
