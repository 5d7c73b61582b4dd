"""The Contour section: organs at risk in one pass, corrected by points at once, looked through and decided on, then exported."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import slicer
from slicer.i18n import tr as _

from . import Contouring, ContourRows, ContourShapes, Scene, Segmentation
from .ChoiceCombo import ChoiceCombo
from .Connection import Connection
from .ContourActions import ContourActions, Wish
from .ContourCalls import Corrected
from .ContourFiles import ContourFiles
from .Contouring import Action, Shown
from .ContourKeys import ContourKeys
from .ContourPoints import ContourPoints
from .ContourSegments import ContourSegments, add_by_hand, mask_of, state_of
from .ContourTable import ContourRow, ContourTable
from .ContourTeaching import ContourTeaching
from .Failures import BackendError
from .OperationRow import OperationRow
from .OrganChoice import OrganChoice
from .Panel import Panel
from .ReviewList import ReviewList, ReviewSlice
from .ScanRequests import ScanRequests
from .Segmenting import Answer
from .SegmentLogic import SegmentLogic, told_of_place


class ContourPanel(Panel):
    """Binds the widgets of ContourPanel.ui to the parameters in the scene, and every action to the contour that is chosen."""

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._checked: dict[str, dict] = {}  # by segment
        # Ids: of the segmentation that they are of, and of the one whose slices are listed.
        self._checked_node = self._listed = ""
        self._logic = SegmentLogic(connection, requests)
        self._segments = ContourSegments()
        self._actions = ContourActions(connection, requests, self._segments, self.failed, self.cancelled)
        self._points = ContourPoints(self._placed)
        self._shapes = ContourShapes.ContourShapes(self._drawn)
        self._kind = "point"  # of marks
        self._kinds = ChoiceCombo(self.ui.markCombo, self._take_kind)
        self._kinds.offer(
            [(_("Point"), "point"), (_("Scribble"), "scribble"), (_("Box"), "box"), (_("Lasso"), "lasso")]
        )
        self._organs = OrganChoice(self.ui, connection, lambda name: self._keep("organSet", name))
        self._table = ContourTable(self.ui.contourTable, self._choose)
        self._slices = ReviewList(self.ui.sliceList, self._visit)
        self._operations = OperationRow(self.ui, self._operate)
        self.files = ContourFiles(self, self.ui, self._organs)
        self.teaching = ContourTeaching(self, self.ui, connection)
        self.keys = ContourKeys(self.widget, self._connect())
        connection.listen(self.refresh)
        self.say()
        self.refresh()

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""
        chosen, node, ui = self._parameters, self.segmentation, self.ui
        rows = self.rows()
        self._list_slices()
        key = chosen.contour if chosen else ""
        self._table.show(rows, key)
        self._organs.show(chosen.organSet if chosen else "")
        askable = bool(chosen and chosen.scan) and self._connection.connected
        is_segment = key in ContourRows.ids(node)
        ui.organButton.enabled = askable and bool(chosen.organSet)
        ui.checkButton.enabled = askable and bool(ContourRows.ids(node))
        for button in (ui.positiveButton, ui.negativeButton):
            button.enabled = askable and any(row.key == key for row in rows)
        for button in (ui.undoButton, ui.redoButton, ui.acceptButton, ui.rejectButton):
            button.enabled = askable and is_segment
        names = [(row.name, row.key) for row in rows if row.colour]
        self._operations.refresh(names, key, askable and is_segment)
        self.files.refresh(askable, bool(names))
        self.teaching.refresh(next((name for name, each in names if each == key), ""), askable and is_segment)
        state = state_of(node, key) if is_segment else {}
        self._points.show(node, key, state.get("position", 0))

    def clear(self) -> None:
        self._actions.clear()
        self._shapes.give_up()
        self._points.stop()
        self._show_checked("", {})

    def shown(self, is_shown: bool) -> None:
        self.keys.listen(is_shown)
        if not is_shown:
            self._place_by_mouse(None)

    @property
    def parameters(self):
        return self._parameters

    @property
    def segmentation(self):
        """The chosen segmentation node, None for none."""
        return self._parameters.segmentation if self._parameters else None

    def segment_set(self) -> None:
        """Segment the chosen set of organs at risk in one pass."""
        chosen = self._parameters
        if self.ui.organButton.enabled:
            question = self._organs.question(chosen.organSet, chosen.profile)
            self.attempt(
                lambda: self._logic.start(chosen.scan, chosen.segmentation, question, self.listener(), self._segmented)
            )

    def check(self) -> None:
        """Ask how sure the borders are, and which slices to look at first."""
        chosen = self._parameters
        shown = {key: self.shown_as(key) for key in ContourRows.ids(self.segmentation)}
        profile, node = chosen.profile, self.segmentation.GetID()
        self.ask(
            [chosen.scan],
            lambda client, ids, progress, cancelled: Contouring.check(
                client, ids[0], shown, profile, progress, cancelled
            ),
            lambda checked: self._show_checked(node, checked),
        )

    def rows(self) -> list[ContourRow]:
        """What the table tells: the contours, and organs still to be drawn."""
        return ContourRows.rows(
            self.segmentation, self._by_hand(), self._checks(), self._segments, self._organs.told_of
        )

    def shown_as(self, key: str, whole: bool = False) -> Shown:
        """The contour of a segment as it is in the scene; `whole`: with all its voxels."""
        chosen = self._parameters
        return self._segments.shown(chosen.segmentation, key, chosen.scan, chosen.profile, self._known(), whole)

    def place(self, positive: bool) -> None:
        """Place a point where the mouse is, on the chosen contour; a shape begins with the next click."""
        if not self.ui.positiveButton.enabled:
            return
        if self._kind != "point":
            self._place_by_mouse(positive)
        elif not self._points.place_at_cursor(positive):
            self.say(_("Hold the mouse over a slice view, then press the key."))

    def _connect(self) -> dict:
        """Tie the buttons to the actions; gives the actions that have keys."""
        ui = self.ui
        actions = {
            "positive": lambda: self.place(True),
            "negative": lambda: self.place(False),
            "undo": lambda: self._act(Action("undo"), ui.undoButton),
            "redo": lambda: self._act(Action("redo"), ui.redoButton),
            "next": lambda: self._slices.step(True),
            "previous": lambda: self._slices.step(False),
            "accept": lambda: self._decide(True),
            "reject": lambda: self._decide(False),
        }
        for name in ("undo", "redo", "next", "previous", "accept", "reject"):
            getattr(ui, f"{name}Button").connect("clicked()", actions[name])
        ui.positiveButton.connect("toggled(bool)", lambda on: self._place_by_mouse(True if on else None))
        ui.negativeButton.connect("toggled(bool)", lambda on: self._place_by_mouse(False if on else None))
        ui.organButton.connect("clicked()", self.segment_set)
        ui.checkButton.connect("clicked()", self.check)
        return actions

    def _press(self, positive: bool | None) -> None:
        """Show as pressed the button of this sign; None for neither."""
        for sign, button in ((True, self.ui.positiveButton), (False, self.ui.negativeButton)):
            blocked = button.blockSignals(True)
            button.checked = positive is sign
            button.blockSignals(blocked)

    def _place_by_mouse(self, positive: bool | None) -> None:
        self._press(positive)
        self._shapes.give_up()
        if positive is None or self._kind == "point":
            self._points.place_by_mouse(positive)
        else:
            self._shapes.place_by_mouse(self._kind, positive)
            self.say(_how(self._kind))

    def _take_kind(self, kind: str) -> None:
        self._place_by_mouse(None)
        self._kind = kind

    def _drawn(self, kind: str, node, positive: bool) -> None:
        """A shape is finished; `kind`: "" where it has too few points to be one."""
        self._press(None)
        if not kind:
            self.say(_("Those were too few points."), _how(self._kind))
            return
        if not self.ui.positiveButton.enabled:
            self.say(_("Choose a scan and a contour of the table first, then mark it."))
            return
        self.attempt(lambda: self._mark(ContourShapes.mark(kind, node, positive, self._parameters.scan)))

    def _mark(self, wanted: dict) -> None:
        segment, segmentation = self._target(), self.segmentation

        def done(corrected: Corrected) -> None:
            self._points.forget(segmentation, segment, corrected.state["position"] - 1)
            self.refresh()

        self._add(segment, Action("mark", wanted=wanted), done, lambda: None)

    def _placed(self, node, identifier: str, point: tuple, positive: bool) -> None:
        if not self.ui.positiveButton.enabled:
            self._points.refuse(node, identifier)
            self.say(_("Choose a scan and a contour of the table first, then place points on it."))
            return
        segment, segmentation = self._target(), self.segmentation

        def done(corrected: Corrected) -> None:
            self._points.taken(node, identifier, segmentation, segment, corrected.state["position"] - 1)
            self.refresh()

        wanted = {"kind": "point", "points": [list(point)], "positive": positive}
        self._add(segment, Action("mark", wanted=wanted), done, lambda: self._points.refuse(node, identifier))

    def _act(self, action: Action, button) -> None:
        if button.enabled:
            self._add(self._parameters.contour, action, lambda _corrected: self.refresh(), lambda: None)

    def _decide(self, accept: bool) -> None:
        action = Action("review", positive=accept, by=self._parameters.reviewer.strip() if self._parameters else "")
        self._act(action, self.ui.acceptButton)

    def _operate(self, wanted: dict, other: str) -> None:
        if other:
            mask = mask_of(self.segmentation, other, self._parameters.scan)
            if mask is None:
                self.failed(BackendError(_("The other contour is empty: choose one that has voxels.")))
                return
            wanted = {**wanted, "other": replace(mask, voxels=mask.voxels.copy())}
        self._act(Action("operation", wanted=wanted), self.ui.undoButton)

    def _add(self, segment: str, action: Action, done, failed) -> None:
        chosen = self._parameters
        self.say()
        self._actions.add(Wish(chosen.scan, chosen.segmentation, segment, chosen.profile, action, done, failed))

    def _target(self) -> str:
        """The id of the segment that is drawn on; one is made for an organ that has none yet."""
        chosen = self._parameters
        if chosen.segmentation is None:
            chosen.segmentation = Segmentation.create(slicer.mrmlScene, chosen.scan)
            chosen.segmentation.SetReferenceImageGeometryParameterFromVolumeNode(chosen.scan)
        if chosen.segmentation.GetDisplayNode() is None:
            chosen.segmentation.CreateDefaultDisplayNodes()
        if chosen.contour not in ContourRows.ids(chosen.segmentation):
            chosen.contour = add_by_hand(chosen.segmentation, chosen.contour, self._organs.organ(chosen.contour))
        return chosen.contour

    def _segmented(self, segmentation, answer: Answer) -> None:
        unseen = [row["name"] for row in answer.rows if row["value"] not in answer.present]
        elsewhere = told_of_place(self.segmentation, segmentation)
        if self._parameters:
            self._parameters.segmentation = segmentation
            self._parameters.byHand = "\n".join([*answer.by_hand, *unseen])
        self._checked = {}
        lines = elsewhere
        lines += [_("To be drawn by hand: {names}.").format(names=", ".join(answer.by_hand))] if answer.by_hand else []
        lines += [_("Not found: {names}.").format(names=", ".join(unseen))] if unseen else []
        self.check()
        self.say(*map(escape, lines))
        self.refresh()

    def _show_checked(self, node: str, checked: dict[str, dict]) -> None:
        self._checked, self._checked_node, self._listed = checked, node, ""
        self.refresh()

    def _checks(self) -> dict[str, dict]:
        """What was checked of the chosen segmentation; what was of another one stays with that."""
        return self._checked if self.segmentation and self.segmentation.GetID() == self._checked_node else {}

    def _list_slices(self) -> None:
        shown = self._checked_node if self._checks() else "none"
        if shown != self._listed:
            self._listed = shown
            self._slices.show(ContourRows.slices(self.segmentation, self._checks()))

    def _choose(self, key: str) -> None:
        self._keep("contour", key)
        if key in ContourRows.ids(self.segmentation) and mask_of(self.segmentation, key, self._parameters.scan):
            Scene.jump_slices(slicer.mrmlScene, self.segmentation.GetSegmentCenterRAS(key))
        self.refresh()

    def _visit(self, one: ReviewSlice) -> None:
        self._keep("contour", one.key)
        Scene.jump_slices(slicer.mrmlScene, one.center)
        self.refresh()

    def _keep(self, name: str, value: str) -> None:
        if self._parameters:
            setattr(self._parameters, name, value)

    def _by_hand(self) -> list[str]:
        return [name for name in (self._parameters.byHand.split("\n") if self._parameters else []) if name]

    def _known(self) -> set[str]:
        return {one["name"] for one in self._connection.info.get("structures", []) if one.get("known", True)}


def _how(kind: str) -> str:
    return {
        "scribble": _("Click along what is meant, and double-click at its end."),
        "box": _(
            "Click two corners; it is as deep as its shorter side. What is inside is decided anew, or with N is emptied."
        ),
        "lasso": _("Click around it in one slice, and double-click at the end: all of it is taken as it is drawn."),
    }[kind]
