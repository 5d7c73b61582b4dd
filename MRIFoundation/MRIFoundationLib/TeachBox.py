"""Teaching by example: under which name the chosen contour is kept, and what is known of that name."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from slicer.i18n import tr as _

from .Connection import Connection
from .MessageLines import MessageLines
from .Teaching import taught

_MESSAGE_LINES = 3


class TeachBox:
    """Binds the teaching widgets of ContourPanel.ui; `on_teach(name, whether it was taught before)` does the work."""

    def __init__(self, ui, connection: Connection, on_teach: Callable[[str, bool], None]):
        self._ui, self._connection, self._on_teach = ui, connection, on_teach
        self._message = MessageLines(ui.teachFacts, _MESSAGE_LINES)
        self._cards: dict[str, dict] = {}
        self._is_possible = False
        self._suggested = ""
        ui.teachLine.connect("textChanged(QString)", lambda _text: self._tell())
        ui.teachButton.connect("clicked()", lambda: self._on_teach(self.name, self._card() is not None))
        connection.when_reached(self._ask)
        self._tell()

    @property
    def name(self) -> str:
        """The typed name, without needless spaces."""
        return " ".join(self._ui.teachLine.text.split())

    def refresh(self, contour: str, is_possible: bool) -> None:
        """`contour`: the name of the chosen contour, offered until a person types another; `is_possible`: it can be taught now."""
        self._is_possible = is_possible
        if self._ui.teachLine.text == self._suggested != contour:
            self._suggested = contour
            self._ui.teachLine.setText(contour)
        self._tell()

    def show(self, cards: list[dict]) -> None:
        """These structures were taught."""
        self._cards = {one["name"].lower(): one for one in cards}
        self._tell()

    def _tell(self) -> None:
        self._ui.teachButton.enabled = self._is_possible and bool(self.name)
        self._message.say(*map(escape, self._facts() if self.name else []))

    def _facts(self) -> list[str]:
        card = self._card()
        if card:
            return facts(card)
        if self._known():
            return [_("The backend has this name already: your cases take its place, starting from what it knows.")]
        return [_("A new name: after the first case it can be asked for like any other.")]

    def _card(self) -> dict | None:
        return self._cards.get(self.name.lower())

    def _known(self) -> bool:
        name = self.name.lower()
        return any(
            name in (one["name"].lower(), *(synonym.lower() for synonym in one.get("synonyms", [])))
            for one in self._connection.info.get("structures", [])
        )

    def _ask(self) -> None:
        self._connection.fetch(taught, self.show, lambda _error: None)  # an older backend teaches nothing


def facts(card: dict) -> list[str]:
    """What is to be known of a taught structure, in sentences."""
    cases = len(card["cases"])
    lines = [_("Taught by one case.") if cases == 1 else _("Taught by {count} cases.").format(count=cases)]
    if card["figures"]:
        lines.append(card["figures"]["sentence"])
    else:
        lines.append(_("How good it is can be told from the second case on: each one is then asked of the others."))
    return [*lines, card["problem"], *card["notes"]] if card["problem"] else [*lines, *card["notes"]]
