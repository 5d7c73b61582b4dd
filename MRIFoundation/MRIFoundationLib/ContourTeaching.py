"""The chosen contour as an example of a structure."""

from __future__ import annotations

from html import escape

from slicer.i18n import tr as _

from .Connection import Connection
from .Failures import BackendError
from .TeachBox import TeachBox, facts
from .Teaching import Lesson, teach


class ContourTeaching:
    """`panel`: a ContourPanel, which asks, tells and has the contours."""

    def __init__(self, panel, ui, connection: Connection):
        self._panel, self._connection = panel, connection
        self._box = TeachBox(ui, connection, self.teach)

    def refresh(self, contour: str, is_possible: bool) -> None:
        """`contour`: the name of the chosen one, "" for none."""
        self._box.refresh(contour, is_possible)

    def teach(self, name: str, was_taught: bool) -> None:
        """Use the chosen contour as this structure from now on."""
        panel = self._panel
        parameters = panel.parameters
        mask = panel.shown_as(parameters.contour, whole=True).mask
        if mask is None:
            panel.failed(BackendError(_("The contour is empty: draw it first, then teach it.")))
            return
        lesson = Lesson(name, mask, None if was_taught else parameters.profile)
        panel.ask(
            [parameters.scan],
            lambda client, volumes, progress, cancelled: teach(client, volumes[0], lesson, progress, cancelled),
            lambda answer: self._taught(*answer),
        )

    def _taught(self, card: dict, info: dict, cards: list[dict]) -> None:
        self._connection.renew(info)
        self._box.show(cards)
        words = _("'{name}' can be asked for now, here and in the section Segment.").format(name=card["name"])
        self._panel.say(*map(escape, [words, *facts(card)]))
        self._panel.refresh()
