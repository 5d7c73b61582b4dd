"""What similar cases are looked for by: the scan, a segment of it, words or a report, and which cases may answer."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from . import FilterText, Scene, Searching
from .ChoiceCombo import ChoiceCombo
from .Colours import warning_style
from .Failures import BackendError
from .Parameters import LEFT_OUT, MAY_ANSWER
from .Searching import Query
from .Sentence import translated

_REGIONS = (
    "abdomen", "brain", "breast", "cervical-spine", "extremity", "fetal-brain", "hand", "head-neck", "heart", "knee",
    "lower-leg", "lumbar-spine", "prostate",
)  # fmt: skip
_SEQUENCES = (
    "T1", "T1c", "T2", "T2*", "FLAIR", "PD", "DWI", "ADC", "SWI", "STIR", "MRA", "fMRI", "perfusion", "cine",
)  # fmt: skip


class QueryForm:
    """Binds the query widgets of SimilarPanel.ui to the parameters in the scene."""

    def __init__(self, ui):
        self._ui, self._parameters = ui, None
        self._how_to_filter = ui.moreFiltersLine.toolTip
        self._likes = ChoiceCombo(ui.likeCombo, lambda kind: self._take("queryKind", kind))
        self._likes.offer(_likes())
        self._segments = ChoiceCombo(ui.segmentCombo, lambda segment: self._take("querySegment", segment))
        self._sexes = ChoiceCombo(ui.sexCombo, lambda sex: self._take("filterSex", sex))
        self._sexes.offer([(_("any sex"), ""), (_("female"), "F"), (_("male"), "M")])
        for edit, words in ((ui.regionLine, _REGIONS), (ui.sequenceLine, _SEQUENCES)):
            completer = qt.QCompleter(list(words), edit)
            completer.caseSensitivity = qt.Qt.CaseInsensitive
            edit.setCompleter(completer)
        ui.reportEdit.connect("textChanged()", lambda: self._take("searchReport", ui.reportEdit.plainText))
        ui.moreFiltersLine.connect("textChanged(QString)", self._take_filters)
        ui.moreFiltersLine.connect("editingFinished()", lambda: self._tell(self._fault()))
        ui.moreFiltersLine.connect("returnPressed()", lambda: ui.findButton.click())
        ui.leaveOutPersonBox.connect("toggled(bool)", self._take_person)

    def set_parameters(self, parameters) -> None:
        """Show and change the choices kept in the scene; None while the scene is closed."""
        self._parameters = parameters
        if parameters and self._ui.reportEdit.plainText != parameters.searchReport:
            self._ui.reportEdit.plainText = parameters.searchReport

    def refresh(self) -> None:
        """Show what the scene says now."""
        chosen, ui = self._parameters, self._ui
        kind = chosen.queryKind if chosen else "scan"
        self._likes.show(kind)
        self._sexes.show(chosen.filterSex if chosen else "")
        self._show_segments()
        self._show_filters()
        ui.segmentRow.visible = kind == "segment"
        ui.wordsLine.visible = kind in ("scan", "words")  # the service takes a segment without words
        ui.reportEdit.visible = kind == "report"
        ui.leaveOutPersonBox.enabled = kind in ("scan", "segment")

    def complete(self) -> bool:
        """Whether there is something to look for."""
        chosen = self._parameters
        if not chosen:
            return False
        if chosen.queryKind == "segment":
            return bool(chosen.scan and chosen.segmentation and self._segment())
        needed = {"scan": chosen.scan, "words": chosen.searchWords.strip(), "report": chosen.searchReport.strip()}
        return bool(needed[chosen.queryKind])

    def volumes(self) -> list:
        """The scans that go with the query."""
        return [self._parameters.scan] if self._parameters.queryKind in ("scan", "segment") else []

    def query(self) -> Query:
        """The query as it stands; BackendError when the segment is empty, or the filters cannot be read."""
        chosen, kind = self._parameters, self._parameters.queryKind
        by_segment = kind == "segment"
        fault = self._fault()
        self._tell(fault)
        if fault:
            raise BackendError(_("More filters: {fault}").format(fault=fault))
        return Query(
            text=chosen.searchWords.strip() if kind in ("scan", "words") else "",
            report=chosen.searchReport.strip() if kind == "report" else "",
            mask=Scene.segment_mask(chosen.segmentation, self._segment(), chosen.scan) if by_segment else None,
            collections=[chosen.collection] if chosen.collection else None,
            filters=self._filters(),
            profile=chosen.profile,
            count=chosen.hitCount,
            same_person=chosen.samePerson == MAY_ANSWER,
        )

    def _filters(self) -> dict:
        """What both the choices and the typed filters let through; BackendError when these cannot be read."""
        chosen = self._parameters
        if not chosen:
            return {}
        choices = Searching.filters(
            chosen.filterRegion.strip(),
            chosen.filterSequence.strip(),
            chosen.filterSex,
            (chosen.ageFrom, chosen.ageTo),
        )
        return FilterText.narrowed(choices, FilterText.parse(chosen.filterMore))

    def _fault(self) -> str:
        """Why the filters cannot be used, "" when they can."""
        try:
            self._filters()
        except BackendError as error:
            return translated(error)
        return ""

    def _tell(self, fault: str) -> None:
        """Mark the typed filters, without moving anything; the panel's message says the fault as well when it keeps a search back."""
        line = self._ui.moreFiltersLine
        line.styleSheet = warning_style(line, "failed") if fault else ""
        line.toolTip = fault or self._how_to_filter

    def _show_filters(self) -> None:
        ui, chosen = self._ui, self._parameters
        text = chosen.filterMore if chosen else ""
        if ui.moreFiltersLine.text != text:  # else the cursor would go to the end with every key
            ui.moreFiltersLine.text = text
        ui.leaveOutPersonBox.checked = not chosen or chosen.samePerson == LEFT_OUT
        is_told = bool(ui.moreFiltersLine.styleSheet)  # not while it is typed: what is half written is no slip yet
        self._tell(self._fault() if chosen and is_told else "")

    def _take_filters(self, text: str) -> None:
        self._tell("")
        if self._parameters and self._parameters.filterMore != text:
            self._parameters.filterMore = text

    def _take_person(self, is_left_out: bool) -> None:
        if self._parameters:
            self._parameters.samePerson = LEFT_OUT if is_left_out else MAY_ANSWER

    def _take(self, name: str, value: str) -> None:
        if self._parameters:
            setattr(self._parameters, name, value)

    def _show_segments(self) -> None:
        node = self._parameters.segmentation if self._parameters else None
        segmentation = node.GetSegmentation() if node else None
        count = segmentation.GetNumberOfSegments() if segmentation else 0
        ids = [segmentation.GetNthSegmentID(index) for index in range(count)]
        self._segments.offer([(segmentation.GetSegment(each).GetName(), each) for each in ids])
        self._segments.show(self._parameters.querySegment if self._parameters else "")

    def _segment(self) -> str:
        """The id of the segment that is asked by, "" for none."""
        return self._ui.segmentCombo.itemData(self._ui.segmentCombo.currentIndex) or ""


def _likes() -> list[tuple[str, str]]:
    return [
        (_("the scan"), "scan"),
        (_("a segment of it"), "segment"),
        (_("words"), "words"),
        (_("a report"), "report"),
    ]
