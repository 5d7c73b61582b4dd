"""The Segment section: say what is wanted, get it as segments with their volumes."""

from __future__ import annotations

import re

import slicer
import slicer.util
from slicer.i18n import tr as _

from . import PromptText, Scene, Segmentation
from .Connection import Connection
from .Failures import BackendError
from .PromptLine import PromptLine
from .ResultTable import ResultTable
from .Segmenting import Answer
from .SegmentLogic import Listener, SegmentLogic, Wanted

_SENTENCES_SHOWN = 5
_FREE_TEXT = "free text"


class SegmentPanel:
    """Binds the widgets of SegmentPanel.ui to the parameters in the scene and to the logic."""

    def __init__(self, ui_path: str, connection: Connection, logic: SegmentLogic):
        self.widget = slicer.util.loadUI(ui_path)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self._connection, self._logic = connection, logic
        self._parameters = None
        self._names: list[str] = []
        self._unseen: list[dict] = []
        self._listener = Listener(self._show_progress, self._done, self._failed, self._cancelled)
        self._prompt = PromptLine(self.ui.promptLine, self.segment)
        self._table = ResultTable(self.ui.resultTable, lambda center: Scene.jump_slices(slicer.mrmlScene, center))
        self._connect()
        connection.listen(self._show_vocabulary)
        self._show_busy(False)
        self.refresh()

    def set_parameters(self, parameters) -> None:
        """Show and change the choices kept in the scene; None while the scene is closed."""
        self._parameters = parameters
        self._unseen = []
        self._say()
        self._show_set()
        self.refresh()

    def refresh(self) -> None:
        """Show what the scene says now: which actions are possible, and the rows of the chosen segmentation."""
        chosen = self._parameters
        node = chosen.segmentation if chosen else None
        askable = bool(chosen and chosen.scan and (chosen.prompt.strip() or chosen.structureSet))
        self.ui.segmentButton.enabled = askable and not self._logic.busy
        rows = Segmentation.rows_of(node) if node else []
        seen = {row["name"] for row in rows}
        rows += [row for row in self._unseen if node and row["name"] not in seen]
        self._table.show(rows)
        self.ui.resultTable.visible = bool(rows)
        self.ui.show3DButton.visible = bool(seen)
        self.ui.show3DButton.setSegmentationNode(node)

    def segment(self, free_text: bool = False) -> None:
        """Ask for what the prompt line and the structure set say; `free_text` tries words that are not known too."""
        if not self.ui.segmentButton.enabled:
            return
        chosen = self._parameters
        prompts = [chosen.prompt.strip()] if chosen.prompt.strip() else []
        wanted = Wanted(prompts, chosen.structureSet, chosen.profile, free_text)
        self._say()
        with slicer.util.tryWithErrorDisplay(_("The request could not be sent.")):
            try:
                self._logic.start(chosen.scan, chosen.segmentation, wanted, self._listener)
            except BackendError as error:
                self._failed(error)
                return
        self._show_busy(True)

    def cancel(self) -> None:
        """Give up the running request."""
        self._logic.cancel()

    def _connect(self) -> None:
        self.ui.segmentButton.connect("clicked()", lambda: self.segment())
        self.ui.cancelButton.connect("clicked()", self.cancel)
        self.ui.setCombo.connect("currentIndexChanged(int)", self._take_set)
        self.ui.messageLabel.connect("linkActivated(QString)", self._take_suggestion)

    def _show_vocabulary(self) -> None:
        info = self._connection.info
        if not info:
            return  # what was known stays useful while the backend restarts
        structures = [structure["name"] for structure in info["structures"] if structure.get("known", True)]
        self._names = sorted({*structures, *info["groups"]}, key=str.lower)
        self._prompt.set_names(self._names)
        blocked = self.ui.setCombo.blockSignals(True)
        self.ui.setCombo.clear()
        self.ui.setCombo.addItem(_("none"), "")
        for name, members in info["sets"].items():
            self.ui.setCombo.addItem(_("{name} ({count})").format(name=name, count=len(members)), name)
        self.ui.setCombo.blockSignals(blocked)
        self._show_set()

    def _show_set(self) -> None:
        wanted = self._parameters.structureSet if self._parameters else ""
        blocked = self.ui.setCombo.blockSignals(True)
        self.ui.setCombo.currentIndex = max(0, self.ui.setCombo.findData(wanted))
        self.ui.setCombo.blockSignals(blocked)

    def _take_set(self, index: int) -> None:
        if self._parameters:
            self._parameters.structureSet = self.ui.setCombo.itemData(index) or ""

    def _take_suggestion(self, target: str) -> None:
        if target == _FREE_TEXT:
            self.segment(free_text=True)
        elif self._parameters:
            wrong, name = target.split("\n")
            self._parameters.prompt = PromptText.correct(self._parameters.prompt, wrong, name)
            self.segment()

    def _show_busy(self, busy: bool) -> None:
        self.ui.cancelButton.enabled = busy
        self.ui.progressBar.visible = self.ui.stageLabel.visible = busy
        self._show_progress("", -1.0, "")
        self.refresh()

    def _show_progress(self, _stage: str, fraction: float, message: str) -> None:
        self.ui.progressBar.maximum = 100 if fraction >= 0 else 0  # without an end it shows that something goes on
        self.ui.progressBar.value = round(100 * max(0.0, fraction))
        self.ui.stageLabel.text = message

    def _done(self, segmentation, answer: Answer) -> None:
        self._unseen = [row for row in answer.rows if segmentation.GetSegmentation().GetSegment(row["name"]) is None]
        self._show_busy(False)
        if self._parameters:
            self._parameters.segmentation = segmentation
        self._say(*PromptText.worth_saying(answer.understood)[:_SENTENCES_SHOWN], suggestions=answer.suggestions)
        self.refresh()

    def _failed(self, error: Exception) -> None:
        self._show_busy(False)
        offers_free_text = _FREE_TEXT in str(error)
        self._say(str(error), failed=True, offers_free_text=offers_free_text)
        if not isinstance(error, BackendError):
            raise error

    def _cancelled(self) -> None:
        self._show_busy(False)
        self._say(_("Cancelled."))

    def _say(self, *sentences: str, failed: bool = False, offers_free_text: bool = False, suggestions=None) -> None:
        lines = [self._linked(sentence) for sentence in sentences]
        for wrong, names in (suggestions or {}).items():
            question = _("Instead of '{wrong}', did you mean {names}?").format(wrong=wrong, names=", ".join(names))
            lines.append(PromptText.linked(question, names, wrong))
        if offers_free_text:
            lines.append(f'<a href="{_FREE_TEXT}">' + _("Try it as free text") + "</a>")
        self.ui.messageLabel.visible = bool(lines)
        self.ui.messageLabel.styleSheet = "color: #c0392b;" if failed else ""
        self.ui.messageLabel.text = "<br>".join(lines)

    def _linked(self, sentence: str) -> str:
        """A sentence that quotes a part of the prompt and names structures instead of it lets these be clicked."""
        quoted = re.search(r"'([^']+)'", sentence)
        unknown = quoted and "was read as" not in sentence
        return PromptText.linked(sentence, self._names if unknown else [], quoted.group(1) if unknown else "")
