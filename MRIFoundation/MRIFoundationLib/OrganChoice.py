"""The sets of organs at risk: which one is wanted, and how it is tidied."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from . import ContourCalls
from .ChoiceCombo import ChoiceCombo
from .Connection import Connection
from .Segmenting import Question
from .Sentence import translated


class OrganChoice:
    """Binds the organ widgets of ContourPanel.ui; `on_chosen(name)` is called with "" for no set."""

    def __init__(self, ui, connection: Connection, on_chosen: Callable[[str], None]):
        self._ui, self._connection, self._sets = ui, connection, {}
        self._hint = ui.organCombo.toolTip
        self._combo = ChoiceCombo(ui.organCombo, on_chosen)
        self._combo.offer([(_("choose a set"), "")])
        connection.when_reached(self._ask)

    def show(self, name: str) -> None:
        """Show the chosen set, and in its tooltip the organs."""
        self._combo.show(name)
        organs = self._sets.get(name, {}).get("organs", [])
        lines = [", ".join([organ["name"], organ["tg263"], *self._limit(organ)]) for organ in organs]
        about = [_("Doses are reference text from the literature, no advice.")] if lines else []
        self._ui.organCombo.toolTip = "\n".join([self._hint, *lines, *about])

    def question(self, name: str, profile: str) -> Question:
        """What is asked of the backend for this set."""
        tidy = {
            "largest_piece": self._ui.pieceCheck.checked,
            "fill_holes": self._ui.holeCheck.checked,
            "smooth_mm": self._ui.tidySpin.value,
        }
        return Question([], None, profile, organs=name, tidy=tidy)

    def organ(self, name: str) -> dict:
        """What the backend tells of an organ by its name; {} when no set has it."""
        organs = (organ for one in self._sets.values() for organ in one["organs"])
        return next((organ for organ in organs if organ["name"] == name), {})

    def told_of(self, name: str) -> list[str]:
        """What planners look at first of an organ, as a sentence; [] where the sets tell nothing."""
        limit = self.organ(name).get("limit")
        words = _("Dose that is commonly looked at first: {what} {gy:g} Gy. Reference text, no advice: {source}.")
        return [words.format(**limit)] if limit else []

    def tg263(self) -> dict[str, str]:
        """The TG-263 name of every organ of a set."""
        return {organ["name"]: organ["tg263"] for one in self._sets.values() for organ in one["organs"]}

    @staticmethod
    def _limit(organ: dict) -> list[str]:
        return ["{what} {gy:g} Gy".format(**organ["limit"])] if organ.get("limit") else []

    def _ask(self) -> None:
        self._connection.fetch(ContourCalls.organ_sets, self._offer, self._failed)

    def _offer(self, sets: list[dict]) -> None:
        self._sets = {one["name"]: one for one in sets}
        label = _("{name} ({known} of {all})")
        choices = [
            (label.format(name=name, known=len(one["organs"]) - len(one["by_hand"]), all=len(one["organs"])), name)
            for name, one in self._sets.items()
        ]
        self._combo.offer([(_("choose a set"), ""), *choices])

    def _failed(self, error: Exception) -> None:
        self._combo.offer([(_("not offered by this backend"), "")])
        self._ui.organCombo.toolTip = translated(error)
