"""The Classify tab: what the heads say of the scan, with intervals, caution, evidence and heat map."""

from __future__ import annotations

import slicer
from MRIFoundationLib import AnswerText, Classifying, HeatMap
from MRIFoundationLib.Classifying import Person, Wish
from MRIFoundationLib.Failures import BackendError, NotHeld
from trame.widgets import html
from trame.widgets import vuetify3 as v3

from mrifoundation_web.filing_tab import FilingTab
from mrifoundation_web.tab import NO_SCAN

_SEXES = [{"title": "not told", "value": ""}, {"title": "female", "value": "F"}, {"title": "male", "value": "M"}]


class ClassifyTab(FilingTab):
    """Asks every head that the backend has and one scan suffices for; the answers about the chosen scan are shown."""

    name = "classify"

    def __init__(self, server, scans, connection, requests):
        super().__init__(server, scans, connection, requests)
        self._heads: list[dict] = []
        self._heat_map = None
        self.state.update({"age": None, "sex": "", "sexes": _SEXES, "heads": 0, "answers": [], "answer": None})
        self._was_connected = False
        connection.listen(self._connection_changed)

    def build(self) -> None:
        with html.Div(classes="d-flex", style="gap: 8px"):
            field = {"density": "compact", "hide_details": True}
            v3.VTextField(
                v_model_number=("age",), label="Age, years (if known)", type="number", min=0, max=120, id="age", **field
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
            self.say(NO_SCAN, failed=True)
            return
        scan_id = scan.GetID()

        def start() -> None:
            person = Person(int(self.state.age) if self.state.age else None, self.state.sex or None)
            wish = Wish(self._heads, self.state.profile, person)
            self._requests.start(
                [scan],
                lambda client, ids, progress, cancelled: Classifying.classify(client, ids, wish, progress, cancelled),
                self.listener_about(scan, lambda answers: self.file(scan_id, answers)),
            )

        self._filed.pop(scan_id, None)
        self.show_filed()
        self.attempt(start)

    def choose(self, head: str) -> None:
        """Show what an answer rests on."""
        self._remove_heat_map()
        self.state.answer = next((one for one in self.state.answers if one["head"] == head), None)

    def show_heat_map(self) -> None:
        """Lay the heat map of the chosen answer over the scan, or take it away."""
        if self._remove_heat_map():
            return
        answer = self._chosen()
        if answer is None:
            return
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
        elif not self._heads:
            self.say("Every head of the backend wants several series: ask them in 3D Slicer.")

    def show_filed(self) -> None:
        self._remove_heat_map()
        answers = self.filed() or []
        self.state.update({"answers": [_shown(answer) for answer in answers], "answer": None})
        self.say("")
        if answers:
            fitting = [answer for answer in answers if answer["applicable"]]
            self.choose((fitting or answers)[0]["head"])
            told = f"{len(fitting)} of {len(answers)} heads fit '{self.scans.current().GetName()}'."
            self.say(" ".join(filter(None, [told, answers[0].get("scan")])))

    def _chosen(self) -> dict | None:
        """The answer that is shown, as the backend gave it."""
        head = self.state.answer["head"] if self.state.answer else None
        return next((answer for answer in self.filed() or [] if answer["head"] == head), None)

    def _put_heat_map(self, answer: dict, box) -> None:
        if self._chosen() is not answer:
            return  # another scan or another answer meanwhile
        volume = self.scans.current()
        self._remove_heat_map()  # of a second click before the first was answered
        self._heat_map = HeatMap.add(volume, box, f"{volume.GetName()}: {AnswerText.heat_map_title(answer)}")
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
                html.Div(
                    "{{ one.name }}",
                    title=("one.name",),
                    style="width: 31%",
                    classes="text-right text-truncate pr-2",
                )
                v3.VProgressLinear(model_value=("one.value",), height=12, color="primary", style="flex: 1")
                html.Div("{{ one.told }}", style="min-width: 43%", classes="pl-2 text-no-wrap")
            html.Div(v_html=("answer.explained",), classes="text-body-2 text-warning my-2")
            v3.VBtn(
                "Heat map on or off",
                v_if=("answer.applicable",),
                click=self.show_heat_map,
                size="small",
                variant="tonal",
                classes="mb-2",
                title=("answer.map",),
                id="heat-map",
            )
            with (
                v3.VTable(density="compact", v_if=("answer.evidence.length",)),
                html.Tbody(),
                html.Tr(v_for="fact in answer.evidence", key=("fact.what",), title=("fact.sentence",)),
            ):
                html.Td("{{ fact.what }}")
                html.Td("{{ fact.value }}", classes="text-right text-no-wrap")
                html.Td("{{ fact.usual }}")


def _shown(answer: dict) -> dict:
    """An answer as the page has it."""
    ranked = AnswerText.ranked(answer) if answer["applicable"] else []
    return {
        "head": answer["head"],
        "title": answer["title"],
        "applicable": answer["applicable"],
        "short": AnswerText.short(answer),
        "explained": AnswerText.explained(answer),
        "map": AnswerText.heat_map_title(answer),
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
