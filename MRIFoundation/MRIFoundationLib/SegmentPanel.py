"""The Segment section: say what is wanted, get it as segments with their volumes."""

from __future__ import annotations

import re
from html import escape

import slicer
import slicer.util
from slicer.i18n import tr as _

from . import PromptText, Scene, Segmentation
from .ChoiceCombo import ChoiceCombo
from .Connection import Connection
from .Panel import Panel
from .PromptLine import PromptLine
from .ResultTable import ResultTable
from .ScanRequests import ScanRequests
from .Segmenting import Answer, Question
from .SegmentLogic import SegmentLogic, told_of_place
from .Sentence import translated

_SENTENCES_SHOWN = 5
_FREE_TEXT = "free text"


class SegmentPanel(Panel):
    """Binds the widgets of SegmentPanel.ui to the parameters in the scene and to the logic."""

    MESSAGE_LINES = 4

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._logic = SegmentLogic(connection, requests)
        self._names: list[str] = []
        self._unseen: list[dict] = []
        self._prompt = PromptLine(self.ui.promptLine, self.segment)
        self._table = ResultTable(self.ui.resultTable, lambda center: Scene.jump_slices(slicer.mrmlScene, center))
        self._sets = ChoiceCombo(self.ui.setCombo, self._take_set)
        self._sets.offer([(_("none"), "")])
        self.ui.segmentButton.connect("clicked()", lambda: self.segment())
        self.ui.messageLabel.connect("linkActivated(QString)", self._take_suggestion)
        connection.listen(self._show_vocabulary)
        self.say()
        self.refresh()

    def set_parameters(self, parameters) -> None:
        self._unseen = []
        super().set_parameters(parameters)

    def refresh(self) -> None:
        """Show what the scene says now: which actions are possible, and the rows of the chosen segmentation."""
        chosen = self._parameters
        node = chosen.segmentation if chosen else None
        askable = bool(chosen and chosen.scan and (chosen.prompt.strip() or chosen.structureSet))
        self.ui.segmentButton.enabled = askable
        self._sets.show(chosen.structureSet if chosen else "")
        rows = Segmentation.rows_of(node) if node else []
        seen = {row["name"] for row in rows}
        rows += [row for row in self._unseen if node and row["name"] not in seen]
        self._table.show(Segmentation.marked(rows, node) if node else rows)
        self.ui.show3DButton.setSegmentationNode(node)
        self.ui.show3DButton.enabled = bool(seen)

    def segment(self, free_text: bool = False) -> None:
        """Ask for what the prompt line and the structure set say; `free_text` tries words that are not known too."""
        if not self.ui.segmentButton.enabled:
            return
        chosen = self._parameters
        prompts = [chosen.prompt.strip()] if chosen.prompt.strip() else []
        question = Question(prompts, chosen.structureSet or None, chosen.profile, free_text)
        self.attempt(lambda: self._logic.start(chosen.scan, chosen.segmentation, question, self.listener(), self._done))

    def _show_vocabulary(self) -> None:
        info = self._connection.info
        if not info:
            return  # what was known stays useful while the backend restarts
        structures = [structure["name"] for structure in info["structures"] if structure.get("known", True)]
        self._names = sorted({*structures, *info["groups"]}, key=str.lower)
        self._prompt.set_names(self._names)
        counted = _("{name} ({count})")
        sets = [(counted.format(name=name, count=len(members)), name) for name, members in info["sets"].items()]
        self._sets.offer([(_("none"), ""), *sets])
        self.refresh()

    def _take_set(self, name: str) -> None:
        if self._parameters:
            self._parameters.structureSet = name

    def _take_suggestion(self, target: str) -> None:
        if target == _FREE_TEXT:
            self.segment(free_text=True)
        elif self._parameters:
            wrong, name = target.split("\n")
            self._parameters.prompt = PromptText.correct(self._parameters.prompt, wrong, name)
            self.segment()

    def _done(self, segmentation, answer: Answer) -> None:
        content = Segmentation.content(segmentation)
        self._unseen = [{**row, "content": content} for row in answer.rows if row["value"] not in answer.present]
        elsewhere = told_of_place(self._parameters.segmentation, segmentation) if self._parameters else []
        if self._parameters:
            self._parameters.segmentation = segmentation
        lines = [self._linked(sentence) for sentence in PromptText.worth_saying(answer.understood)[:_SENTENCES_SHOWN]]
        for wrong, names in answer.suggestions.items():
            question = _("Instead of '{wrong}', did you mean {names}?").format(wrong=wrong, names=", ".join(names))
            lines.append(PromptText.linked(question, names, wrong))
        self.say(*lines, *map(escape, [*elsewhere, *answer.notes]))
        self.refresh()

    def failed(self, error: Exception) -> None:
        super().failed(error)
        lines = [self._linked(translated(error))]
        if _FREE_TEXT in str(error):
            lines.append(f'<a href="{_FREE_TEXT}">' + _("Try it as free text") + "</a>")
        self.say(*lines, failed=True)

    def _linked(self, sentence: str) -> str:
        """A sentence that quotes a part of the prompt and names structures instead of it lets these be clicked."""
        quoted = re.search(r"'([^']+)'", sentence)
        unknown = quoted and "was read as" not in sentence
        return PromptText.linked(sentence, self._names if unknown else [], quoted.group(1) if unknown else "")
