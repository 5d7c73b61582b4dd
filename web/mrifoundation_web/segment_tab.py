"""The Segment tab: say what is wanted, get it as segments with their volumes."""

from __future__ import annotations

from dataclasses import dataclass, field

import slicer
from MRIFoundationLib import PromptText, RowText, Scene, Segmentation
from MRIFoundationLib.Segmenting import Answer, Question
from MRIFoundationLib.SegmentLogic import SegmentLogic
from trame.widgets import html
from trame.widgets import vuetify3 as v3

from mrifoundation_web.filing_tab import FilingTab
from mrifoundation_web.tab import NO_SCAN

NO_SET = {"title": "no set", "value": ""}
NUMBERS = ("mL", "Presence", "Tested")
SENTENCES_SHOWN = 2
_FREE_TEXT = "free text"


@dataclass(frozen=True)
class _Told:
    """What is known of a scan: its segmentation, by node id, and what the last answer said besides."""

    segmentation: str = ""
    unseen: list[dict] = field(default_factory=list)
    sentences: str = ""
    suggestions: list[dict] = field(default_factory=list)


class SegmentTab(FilingTab):
    """Keeps the answers about each scan as its segmentation node; rows and segments of the chosen scan are shown."""

    name = "segment"

    def __init__(self, server, scans, connection, requests):
        super().__init__(server, scans, connection, requests)
        self._logic = SegmentLogic(connection, requests)
        self.state.update({"prompt": "", "structure_set": "", "structure_sets": [NO_SET], "rows": []})
        self.state.update({"suggestions": [], "can_try_free_text": False})
        connection.listen(self._show_sets)

    def build(self) -> None:
        v3.VTextField(
            v_model=("prompt",),
            label="What to segment",
            placeholder="left hippocampus, both kidneys, liver",
            hide_details=True,
            density="compact",
            v_on_keydown_enter=self.segment,
            id="prompt",
        )
        v3.VSelect(
            v_model=("structure_set",),
            items=("structure_sets",),
            label="and a set of structures",
            density="compact",
            hide_details=True,
            classes="mt-2",
        )
        v3.VBtn(
            "Segment",
            click=self.segment,
            disabled=("!scan || !(prompt.trim() || structure_set)",),
            block=True,
            color="primary",
            classes="mt-2",
            id="segment",
        )
        self.build_message()
        v3.VBtn(
            "Try it as free text",
            v_if=("can_try_free_text",),
            click=(self.segment, "[true]"),
            size="small",
            variant="tonal",
        )
        v3.VChip(
            "{{ one.name }}",
            v_for="one in suggestions",
            key=("one.wrong + one.name",),
            click=(self.take_suggestion, "[one.wrong, one.name]"),
            size="small",
            classes="mr-1",
        )
        self._build_table()

    def segment(self, free_text: bool = False) -> None:
        """Ask for what the prompt and the set say, about the chosen scan."""
        scan, prompt = self.scans.current(), self.state.prompt.strip()
        if scan is None:
            self.say(NO_SCAN, failed=True)
            return
        if not (prompt or self.state.structure_set):
            return
        question = Question([prompt] if prompt else [], self.state.structure_set or None, self.state.profile, free_text)
        node, scan_id = self._segmentation_of(scan.GetID()), scan.GetID()
        listener = self.listener_about(scan, lambda answered: self._done(scan_id, *answered))
        self.state.update({"suggestions": [], "can_try_free_text": False})
        self.attempt(
            lambda: self._logic.start(scan, node, question, listener, lambda *answered: listener.done(answered))
        )

    def take_suggestion(self, wrong: str, name: str) -> None:
        """Put a known name in the place of an unknown one, and ask again."""
        self.state.prompt = PromptText.correct(self.state.prompt, wrong, name)
        self.segment()

    def failed(self, error: Exception) -> None:
        super().failed(error)
        self.state.can_try_free_text = _FREE_TEXT in str(error)

    def go_to(self, center: list | None) -> None:
        """The slices go to the centre of a structure, RAS mm."""
        if center:
            Scene.jump_slices(slicer.mrmlScene, center)

    def show_filed(self) -> None:
        told = self.filed() or _Told()
        self.say(told.sentences)
        self.state.update({"suggestions": told.suggestions, "can_try_free_text": False})
        node = self._segmentation_of(self.state.scan)
        rows = Segmentation.rows_of(node) if node else []
        seen = {row["name"] for row in rows}
        rows += [row for row in told.unseen if row["name"] not in seen]
        self.state.rows = [_shown(row) for row in rows]
        self._draw_segments_of_chosen()

    def _done(self, scan: str, segmentation, answer: Answer) -> None:
        sentences = [*PromptText.worth_saying(answer.understood)[:SENTENCES_SHOWN], *answer.notes]
        told = _Told(
            segmentation.GetID(),
            [row for row in answer.rows if segmentation.GetSegmentation().GetSegment(row["name"]) is None],
            " ".join(sentences),
            [{"wrong": wrong, "name": name} for wrong, names in answer.suggestions.items() for name in names],
        )
        self.file(scan, told)
        self._draw_segments_of_chosen()

    def _segmentation_of(self, scan: str | None):
        return slicer.mrmlScene.GetNodeByID(self._filed[scan].segmentation) if scan in self._filed else None

    def _draw_segments_of_chosen(self) -> None:
        """Two scans may lie in one place, and the segments of one say nothing of the other."""
        for scan in self._filed:
            node = self._segmentation_of(scan)
            if node:
                node.SetDisplayVisibility(scan == self.state.scan)

    def _show_sets(self) -> None:
        sets = self._connection.info.get("sets", {})
        if sets:
            named = [{"title": f"{name} ({len(members)})", "value": name} for name, members in sets.items()]
            self.state.structure_sets = [NO_SET, *named]

    def _build_table(self) -> None:
        with v3.VTable(density="compact", v_if=("rows.length",), classes="mt-2", id="rows"):
            with html.Thead(), html.Tr():
                for title in ("", "Structure", *NUMBERS):
                    html.Th(title, classes="text-right px-1" if title in NUMBERS else "text-left px-1")
            with (
                html.Tbody(),
                html.Tr(
                    v_for="row in rows",
                    key=("row.name",),
                    click=(self.go_to, "[row.center]"),
                    title=("row.about",),
                    style=("{cursor: row.center ? 'pointer' : 'default', opacity: row.colour ? 1 : 0.6}",),
                ),
            ):
                with html.Td(classes="px-1"):
                    html.Div(style=("{width: '14px', height: '14px', background: row.colour}",))
                html.Td("{{ row.name }}", classes="px-1")
                for number in ("volume", "presence", "tested"):
                    html.Td(f"{{{{ row.{number} }}}}", classes="text-right px-1")


def _shown(row: dict) -> dict:
    """A row as the table has it: texts, and the colour of the segment in CSS, "" for what is not in view."""
    channels = ",".join(f"{round(255 * channel)}" for channel in row.get("colour", ()))
    return {
        "name": row["name"],
        "volume": RowText.volume(row),
        "presence": RowText.presence(row),
        "tested": RowText.tested(row),
        "about": RowText.about(row),
        "center": row["center_ras_mm"] if "segment" in row else None,
        "colour": f"rgb({channels})" if channels else "",
    }
