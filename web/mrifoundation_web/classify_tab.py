"""The Classify tab: what the heads say of the scan, with intervals, caution, evidence and heat map."""

from __future__ import annotations

import slicer
from MRIFoundationLib import AnswerText, Classifying, HeatMap, Scene
from MRIFoundationLib.Classifying import Person, Wish
from MRIFoundationLib.Failures import BackendError, NotHeld
from trame.widgets import html
from trame.widgets import vuetify3 as v3

from mrifoundation_web.tab import Tab

_SEXES = [{"title": "not told", "value": ""}, {"title": "female", "value": "F"}, {"title": "male", "value": "M"}]


class ClassifyTab(Tab):
    """Asks every head that the backend has and one scan suffices for."""

    name = "classify"

    def __init__(self, server, scans, connection, requests):
        super().__init__(server, scans, connection, requests)
        self._heads: list[dict] = []
        self._answers: list[dict] = []
        self._asked: tuple[str, Scene.VolumeKey] | None = None
        self._heat_map = None
        self.state.update({"age": None, "sex": "", "sexes": _SEXES, "heads": 0, "answers": [], "answer": None})
        self.state.change("scan")(lambda **_state: self._clear())
        self._was_connected = False
        connection.listen(self._connection_changed)

    def build(self) -> None:
        with html.Div(classes="d-flex", style="gap: 8px"):
            field = {"density": "compact", "hide_details": True}
            v3.VTextField(
                v_model_number=("age",), label="Age, years (if known)", type="number", min=0, max=120, **field
            )
            v3.VSelect(v_model=("sex",), items=("sexes",), label="Sex", **field)
        v3.VBtn(
            "Classify",
            click=self.classify,
            disabled=("!scan || !heads",),
            block=True,
            color="primary",
            classes="mt-2",
            id="classify",
        )
        self.build_message()
        self._build_answers()
        self._build_details()

    def classify(self) -> None:
        """Ask the heads about the chosen scan."""
        scan = self.scans.current()
        if scan is None:
            return
        person = Person(int(self.state.age) if self.state.age else None, self.state.sex or None)
        wish = Wish(self._heads, self.state.profile, person)

        def start() -> None:
            asked = scan.GetID(), Scene.volume_key(scan)
            self._requests.start(
                [scan],
                lambda client, ids, progress, cancelled: Classifying.classify(client, ids, wish, progress, cancelled),
                self.listener(lambda answers: self._show(asked, answers)),
            )

        self._clear()
        self.attempt(start)

    def choose(self, head: str) -> None:
        """Show what an answer rests on."""
        self._remove_heat_map()
        self.state.answer = next(one for one in self.state.answers if one["head"] == head)

    def show_heat_map(self) -> None:
        """Lay the heat map of the chosen answer over the scan, or take it away."""
        if self._remove_heat_map():
            return
        answer = next(one for one in self._answers if one["head"] == self.state.answer["head"])
        self._connection.fetch(
            lambda client: client.heat_map(answer["job"], head=answer["head"]).for_mrml(),
            lambda box: self._put_heat_map(answer, box),
            self._no_heat_map,
        )

    def _connection_changed(self) -> None:
        appeared = self._connection.connected and not self._was_connected
        self._was_connected = self._connection.connected
        if appeared:
            self._connection.fetch(lambda client: client.heads(), self._offer, self.failed)

    def _offer(self, heads: list[dict]) -> None:
        self._heads = [head for head in heads if Classifying.series(head) == 1]
        self.state.heads = len(self._heads)
        if not heads:
            self.say("The backend has no heads: teach one with `mrifoundation teach head`.")

    def _show(self, asked: tuple[str, Scene.VolumeKey], answers: list[dict]) -> None:
        self._asked, self._answers = asked, answers
        self.state.answers = [_shown(answer) for answer in answers]
        fitting = [answer for answer in answers if answer["applicable"]]
        self.say(f"{len(fitting)} of {len(answers)} heads fit this scan.")
        if answers:
            self.choose((fitting or answers)[0]["head"])

    def _clear(self) -> None:
        self._remove_heat_map()
        self._answers, self._asked = [], None
        self.state.update({"answers": [], "answer": None})

    def _put_heat_map(self, answer: dict, box) -> None:
        scan_id, key = self._asked or ("", None)
        volume = slicer.mrmlScene.GetNodeByID(scan_id) if scan_id else None
        if volume is None or Scene.volume_key(volume) != key or self.state.answer["head"] != answer["head"]:
            return  # another scan or another answer meanwhile
        self._heat_map = HeatMap.add(volume, box, f"{volume.GetName()}: {answer['title']}")
        HeatMap.show(slicer.mrmlScene, volume, self._heat_map)

    def _no_heat_map(self, error: Exception) -> None:
        self.failed(BackendError("This answer has no heat map.") if isinstance(error, NotHeld) else error)

    def _remove_heat_map(self) -> bool:
        """Whether there was one."""
        heat_map, self._heat_map = self._heat_map, None
        HeatMap.remove(slicer.mrmlScene, heat_map)
        return heat_map is not None

    def _build_answers(self) -> None:
        with (
            v3.VTable(density="compact", v_if=("answers.length",), classes="mt-2", id="answers"),
            html.Tbody(),
            html.Tr(
                v_for="one in answers",
                key=("one.head",),
                click=(self.choose, "[one.head]"),
                style=("{cursor: 'pointer', opacity: one.applicable ? 1 : 0.6}",),
                classes=("answer && one.head === answer.head ? 'bg-grey-darken-3' : ''",),
            ),
        ):
            html.Td("{{ one.title }}")
            html.Td("{{ one.short }}", classes="text-right")

    def _build_details(self) -> None:
        with html.Div(v_if=("answer",), classes="mt-2"):
            with html.Div(v_for="one in answer.classes", key=("one.name",), classes="d-flex align-center text-body-2"):
                html.Div("{{ one.name }}", style="width: 36%", classes="text-right text-truncate pr-2")
                v3.VProgressLinear(model_value=("one.value",), height=12, color="primary", style="flex: 1")
                html.Div("{{ one.told }}", style="width: 34%", classes="pl-2 text-no-wrap")
            html.Div(v_html=("answer.explained",), classes="text-body-2 text-warning my-2")
            with (
                v3.VTable(density="compact", v_if=("answer.evidence.length",)),
                html.Tbody(),
                html.Tr(v_for="fact in answer.evidence", key=("fact.what",), title=("fact.sentence",)),
            ):
                html.Td("{{ fact.what }}")
                html.Td("{{ fact.value }}", classes="text-right")
                html.Td("{{ fact.usual }}")
            v3.VBtn(
                "Heat map on or off",
                v_if=("answer.applicable",),
                click=self.show_heat_map,
                size="small",
                variant="tonal",
                classes="mt-2",
            )


def _shown(answer: dict) -> dict:
    """An answer as the page has it."""
    ranked = AnswerText.ranked(answer) if answer["applicable"] else []
    return {
        "head": answer["head"],
        "title": answer["title"],
        "applicable": answer["applicable"],
        "short": AnswerText.short(answer),
        "explained": AnswerText.explained(answer),
        "classes": [
            {"name": name, "value": 100 * value, "told": AnswerText.percent(value) + _interval(interval)}
            for name, value, interval in ranked
        ],
        "evidence": [
            {
                "what": fact["what"],
                "value": AnswerText.number(fact["value"], fact["unit"]),
                "usual": AnswerText.usual(fact),
                "sentence": fact["sentence"],
            }
            for fact in answer["evidence"]
        ],
    }


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" (95 %: {100 * interval[0]:.0f}–{100 * interval[1]:.0f} %)"
