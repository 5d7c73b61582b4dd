"""The Classify section: what the heads say of the scan, with intervals, caution, evidence and heat map."""

from __future__ import annotations

from html import escape

import slicer
from slicer.i18n import tr as _

from . import AnswerText, Classifying, HeadTeaching, HeatMap, KeptAnswers, Scene
from .AskedScan import AskedScan
from .BarChart import BarChart
from .ChoiceCombo import ChoiceCombo
from .Classifying import Person, Wish
from .Connection import Connection
from .EvidenceTable import EvidenceTable
from .Failures import BackendError, NotHeld
from .HeadList import HeadList
from .HeadTeachBox import HeadTeachBox
from .MessageLines import MessageLines
from .Panel import Panel
from .ScanRequests import ScanRequests

_CAUTION_LINES = 5


class ClassifyPanel(Panel):
    """Binds the widgets of ClassifyPanel.ui to the parameters in the scene and to the heads of the backend."""

    MESSAGE_LINES = 2

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._asked: AskedScan | None = None  # what the answers are about
        self._key: Scene.VolumeKey | None = None  # where it was then, None for answers of a saved scene
        self._heat_map = None
        self._map_hint = self.ui.classHeatMapButton.toolTip
        self._bars = BarChart()
        self.ui.barsLayout.addWidget(self._bars)
        self._caution = MessageLines(self.ui.cautionLabel, _CAUTION_LINES, at_least=2)
        self._evidence = EvidenceTable(self.ui.evidenceTable)
        self.heads = HeadList(self.ui.headTable, self._show_answer, self._take_ticks)
        self.teaching = HeadTeachBox(self.ui, connection, self.teach)
        self._sexes = ChoiceCombo(self.ui.personSexCombo, self._take_sex)
        self._sexes.offer([(_("sex not told"), ""), (_("female"), "F"), (_("male"), "M")])
        self.ui.classifyButton.connect("clicked()", self.classify)
        self.ui.askSentenceButton.connect("clicked()", self.ask_sentence)
        self.ui.classHeatMapButton.connect("clicked(bool)", self.show_heat_map)
        connection.when_reached(self._ask_for_heads)
        connection.listen(self.refresh)
        self.say()
        self._show_answer()

    def set_parameters(self, parameters) -> None:
        if parameters:
            self.heads.tick_all_but(set(parameters.skippedHeads.split(",")))
        super().set_parameters(parameters)
        if parameters:
            self._recall()

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""
        if self._heat_map is not None and not self._has_place():
            self._remove_heat_map()
        chosen, heads = self._parameters, self.heads.ticked()
        self._sexes.show(chosen.sex if chosen else "")
        others = Classifying.needs_other_series(heads)
        wanted = _("For heads that want it: {names}.").format(names=", ".join(others))
        self.ui.secondScanSelector.enabled = bool(others)
        self.ui.secondScanSelector.toolTip = wanted if others else _("No ticked head wants a second series.")
        askable = bool(chosen and chosen.scan) and self._connection.connected
        self.ui.classifyButton.enabled = askable and bool(heads)
        told = bool(chosen and chosen.sentence.strip() and chosen.versus.strip())
        self.ui.askSentenceButton.enabled = askable and told
        self.teaching.refresh(bool(chosen) and self._connection.connected)
        self.remark(self._asked.differs(chosen.scan) if chosen and self._asked else "")
        self.ui.classHeatMapButton.enabled = self._has_heat_map(self.heads.current())
        self.ui.classHeatMapButton.checked = self._heat_map is not None
        shows = (self.heads.current() or {}).get("heat_map_shows")
        self.ui.classHeatMapButton.toolTip = (
            _("Bright in it: {shows}.").format(shows=shows) if shows else self._map_hint
        )

    def shown(self, is_shown: bool) -> None:
        self.teaching.shown(is_shown)

    def clear(self) -> None:
        self._remove_heat_map()
        self._asked = self._key = None
        self.heads.show([])
        self._show_answer()

    def classify(self) -> None:
        """Ask the ticked heads about the scan."""
        self._start(self.heads.ticked())

    def ask_sentence(self) -> None:
        """Ask whether the scan is more like the one sentence or the other."""
        self._start([], self._parameters.sentence.strip(), self._parameters.versus.strip())

    def teach(self) -> None:
        """Teach a head from labelled cases of the library; from then on it is in the list."""
        lesson = self.teaching.lesson(self._parameters.profile)
        self.ask(
            [],
            lambda client, _ids, progress, cancelled: HeadTeaching.teach(client, lesson, progress, cancelled),
            lambda taught: self._taught(*taught),
        )

    def show_heat_map(self, shown: bool) -> None:
        """Lay the heat map of the chosen answer over the scan, or take it away."""
        self._remove_heat_map()
        answer = self.heads.current()
        if shown and self._has_heat_map(answer):
            self._connection.fetch(
                lambda client: client.heat_map(answer["job"], head=answer["head"]).for_mrml(),
                lambda box: self._put_heat_map(answer, box),
                self._no_heat_map,
            )
        self.refresh()

    def _start(self, heads: list[dict], sentence: str = "", versus: str = "") -> None:
        chosen = self._parameters
        others = [chosen.secondScan] if Classifying.needs_other_series(heads) and chosen.secondScan else []
        wish = Wish(heads, chosen.profile, Person.of(chosen), sentence, versus)
        scan_id = chosen.scan.GetID()

        def start() -> None:
            key = Scene.volume_key(chosen.scan)
            self._requests.start(
                [chosen.scan, *others],
                lambda client, ids, progress, cancelled: Classifying.classify(client, ids, wish, progress, cancelled),
                self.listener(lambda answers: self._show(scan_id, key, answers)),
            )

        self._remove_heat_map()
        self.attempt(start)

    def _show(self, scan_id: str, key: Scene.VolumeKey, answers: list[dict]) -> None:
        scan = slicer.mrmlScene.GetNodeByID(scan_id)
        self._asked, self._key = AskedScan.of(scan), key
        self.heads.show(answers)
        self._keep(scan, answers)
        fitting = sum(answer["applicable"] for answer in answers)
        words = _("{fitting} of {count} heads fit '{name}'.")
        told = words.format(fitting=fitting, count=len(answers), name=scan.GetName())
        kind = next((answer.get("scan") for answer in answers), "")
        self.say(escape(" ".join(filter(None, [told, kind]))))
        self._show_answer()

    def _keep(self, scan, answers: list[dict]) -> None:
        if self._parameters:
            self._parameters.answers = KeptAnswers.keep(self._asked.content, answers)
            self._parameters.answeredScan = scan

    def _recall(self) -> None:
        """Show the answers that the scene has kept."""
        content, answers = KeptAnswers.recall(self._parameters.answers)
        scan = self._parameters.answeredScan
        self._remove_heat_map()
        self._asked = AskedScan(scan.GetID() if scan else "", content) if answers else None
        self._key = None
        self.heads.show(answers)
        self._show_answer()
        self._take_away(self.heads.outdated())

    def _take_away(self, answers: list[dict]) -> None:
        """Show and keep these no longer: their heads were taught anew since, and may answer otherwise now."""
        if not answers:
            return
        left = [answer for answer in self.heads.answers() if answer not in answers]
        self._remove_heat_map()
        if self._parameters:
            self._parameters.answers = KeptAnswers.keep(self._asked.content, left) if left else ""
        if not left:
            self._asked = self._key = None
        self.heads.show(left)
        self._show_answer()
        words = _("Taught anew since, so that the answer of before is taken away: {titles}. Ask again.")
        self.say(escape(words.format(titles=", ".join(answer["title"] for answer in answers))))

    def _show_answer(self) -> None:
        answer = self.heads.current()
        self._bars.show_answer(answer)
        self._evidence.show(answer["evidence"] if answer else [])
        self._caution.say(*([AnswerText.explained(answer)] if answer else []), kind="caution")
        if self._heat_map is not None:
            self.show_heat_map(True)  # the one of the head that is chosen now
        else:
            self.refresh()

    def _taught(self, card: dict, heads: list[dict]) -> None:
        earlier = [answer for answer in self.heads.answers() if answer["head"] == card["name"]]
        self._take_away(earlier)
        self._offer(heads)
        self.heads.choose(card["name"])
        anew = _("'{title}' was taught anew, so that its answer of before is taken away: ask again.")
        words = (anew if earlier else _("'{title}' can be asked now.")).format(title=card["title"])
        self.say(escape(" ".join([words, *AnswerText.worth(card)])))

    def _take_ticks(self) -> None:
        if self._parameters:
            self._parameters.skippedHeads = ",".join(sorted(self.heads.skipped()))

    def _take_sex(self, sex: str) -> None:
        if self._parameters:
            self._parameters.sex = sex

    def _ask_for_heads(self) -> None:
        self._connection.fetch(lambda client: client.heads(), self._offer, self.failed)

    def _offer(self, heads: list[dict]) -> None:
        skipped = self._parameters.skippedHeads if self._parameters else ""
        self.heads.offer(heads, set(skipped.split(",")))
        self.teaching.show(heads)
        if not heads:
            self.say(_("The backend has no heads: teach one, or ask by a sentence."))
        self._take_away(self.heads.outdated())
        self.refresh()

    def _put_heat_map(self, answer: dict, box) -> None:
        volume = slicer.mrmlScene.GetNodeByID(self._asked.node) if self._asked else None
        if volume is None or Scene.volume_key(volume) != self._key or self.heads.current() is not answer:
            return  # another scan or another answer meanwhile
        self._remove_heat_map()
        self._heat_map = HeatMap.add(volume, box, f"{volume.GetName()}: {AnswerText.heat_map_title(answer)}")
        HeatMap.show(slicer.mrmlScene, volume, self._heat_map)
        self.refresh()

    def _no_heat_map(self, error: Exception) -> None:
        self.failed(BackendError(_("This answer has no heat map.")) if isinstance(error, NotHeld) else error)

    def _has_place(self) -> bool:
        """Whether the heat map and the scan below it are still in the scene."""
        scene = slicer.mrmlScene
        return bool(scene.IsNodePresent(self._heat_map) and scene.GetNodeByID(self._asked.node))

    @staticmethod
    def _has_heat_map(answer: dict | None) -> bool:
        """Whether it may be asked for: an answer of a saved scene is of a job that is long gone."""
        return bool(answer and answer["applicable"] and answer.get("job"))

    def _remove_heat_map(self) -> None:
        heat_map, self._heat_map = self._heat_map, None  # first, since taking a node out of the scene refreshes
        HeatMap.remove(slicer.mrmlScene, heat_map)
