"""Teaching a question: what it is called, and which labelled cases of the library it is learned from."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from slicer.i18n import tr as _

from . import AnswerText, HeadTeaching
from .ChoiceCombo import ChoiceCombo
from .Connection import Connection
from .HeadTeaching import HeadLesson, short_name
from .MessageLines import MessageLines

_TICKED = "*"  # no collection can be called so
_MESSAGE_LINES = 6


class HeadTeachBox:
    """Binds the teaching widgets of ClassifyPanel.ui; `on_teach()` does the work."""

    def __init__(self, ui, connection: Connection, on_teach: Callable[[], None]):
        self._ui, self._connection = ui, connection
        self._message = MessageLines(ui.teachHeadFacts, _MESSAGE_LINES, at_least=3)
        self._heads: dict[str, dict] = {}
        self._columns: dict[str, dict] = {}
        self._is_possible = self._is_shown = False
        self.ticks: Callable[[], dict[str, bool]] = dict
        """Gives the cases found in Similar scans, by id, with whether each is ticked."""
        self._sources = ChoiceCombo(ui.teachFromCombo, lambda _source: self._source_changed())
        self._offer([])
        ui.teachHeadLine.connect("textChanged(QString)", lambda _text: self._tell())
        ui.teachColumnCombo.connect("editTextChanged(QString)", lambda _text: self._tell())
        ui.teachHeadButton.connect("clicked()", on_teach)
        connection.when_reached(self._reload)

    def lesson(self, profile: str) -> HeadLesson:
        """What is to be taught, as it is chosen now."""
        if self._source() == _TICKED:
            other = _("no {name}").format(name=self._name())
            labels = {case: self._name() if ticked else other for case, ticked in self.ticks().items()}
            return HeadLesson(self._name(), profile, labels=labels)
        return HeadLesson(self._name(), profile, self._source(), self._column())

    def refresh(self, is_possible: bool) -> None:
        """`is_possible`: something can be taught now."""
        self._is_possible = is_possible
        self._tell()

    def show(self, heads: list[dict]) -> None:
        """There are these heads."""
        self._heads = {head["name"]: head for head in heads}
        self._tell()

    def shown(self, is_shown: bool) -> None:
        """Before the person or not; scans may have been added to the library meanwhile."""
        if is_shown and not self._is_shown:
            self._reload()
        self._is_shown = is_shown

    def _name(self) -> str:
        return " ".join(self._ui.teachHeadLine.text.split())

    def _source(self) -> str:
        """Name of the chosen collection, or what stands for the ticked cases; "" for none."""
        return self._ui.teachFromCombo.itemData(self._ui.teachFromCombo.currentIndex) or ""

    def _column(self) -> str:
        return self._ui.teachColumnCombo.currentText.strip()

    def _tell(self) -> None:
        is_ticked = self._source() == _TICKED
        told = any(self.ticks().values()) if is_ticked else bool(self._source() and self._column())
        self._ui.teachHeadButton.enabled = self._is_possible and told and bool(self._name())
        self._ui.teachColumnCombo.enabled = not is_ticked
        self._message.say(*map(escape, self._facts(is_ticked)))

    def _facts(self, is_ticked: bool) -> list[str]:
        """What is known of the cases, and of a head that has the name already."""
        facts = [self._ticked()] if is_ticked else self._labels()
        head = self._heads.get(short_name(self._name()))
        if head:
            facts += [*AnswerText.worth(head), _("There is this question already: what you teach takes its place.")]
        return facts

    def _ticked(self) -> str:
        ticks = self.ticks()
        if not any(ticks.values()):
            return _("Find cases in Similar scans and tick those that have it; the others count as not having it.")
        words = _("{ticked} of the {count} cases found are ticked: these have it, the others do not.")
        return words.format(ticked=sum(ticks.values()), count=len(ticks))

    def _labels(self) -> list[str]:
        column = self._columns.get(self._column())
        if not column:
            return []
        classes = ", ".join(f"{label}: {people}" for label, people in column["classes"].items())
        if column["problem"]:
            return [column["problem"]]
        unknown = column.get("unknown")  # an older backend does not tell
        words = _("Of {unknown} cases the patient is not known: each counts as a person.")
        told = [words.format(unknown=unknown)] if unknown else []
        return [_("People: {classes}.").format(classes=classes), *told]

    def _reload(self) -> None:
        if self._connection.connected:
            self._connection.fetch(lambda client: client.collections(), self._offer, lambda _error: None)

    def _offer(self, collections: list[dict]) -> None:
        label = _("{name} ({count})")
        named = [(label.format(name=one["name"], count=one["cases"]), one["name"]) for one in collections]
        ticked = (_("cases ticked in Similar scans"), _TICKED)
        self._sources.offer([(_("learn from …"), ""), *named, ticked])
        self._source_changed()

    def _source_changed(self) -> None:
        source, self._columns = self._source(), {}
        if source not in ("", _TICKED) and self._connection.connected:
            self._connection.fetch(
                lambda client: HeadTeaching.columns(client, source),
                lambda columns: self._offer_columns(source, columns),
                lambda _error: None,  # an older backend does not tell: the column is typed
            )
        self._tell()

    def _offer_columns(self, source: str, columns: list[dict]) -> None:
        if source != self._source():
            return
        self._columns, combo, typed = {one["column"]: one for one in columns}, self._ui.teachColumnCombo, self._column()
        blocked = combo.blockSignals(True)
        combo.clear()
        combo.addItems(list(self._columns))
        combo.currentText = typed if typed in self._columns or not columns else columns[0]["column"]
        combo.blockSignals(blocked)
        self._tell()
