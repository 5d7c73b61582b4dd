"""The Classify section: what the heads say of the scan, with intervals, caution, evidence and heat map."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from . import AnswerText, Classifying, HeatMap, Scene
from .BarChart import BarChart
from .ChoiceCombo import ChoiceCombo
from .Classifying import Person, Wish
from .Colours import warning_style
from .Connection import Connection
from .EvidenceTable import EvidenceTable
from .Failures import BackendError, NotHeld
from .HeadList import HeadList
from .Panel import Panel
from .ScanRequests import ScanRequests


class ClassifyPanel(Panel):
    """Binds the widgets of ClassifyPanel.ui to the parameters in the scene and to the heads of the backend."""

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._asked: tuple[str, Scene.VolumeKey] | None = None  # the scan that the answers are about
        self._heat_map = None
        self._was_connected = False
        self._bars = BarChart()
        self.ui.barsLayout.addWidget(self._bars)
        self._evidence = EvidenceTable(self.ui.evidenceTable)
        self.heads = HeadList(self.ui.headTable, self._show_answer, self._take_ticks)
        self._sexes = ChoiceCombo(self.ui.personSexCombo, self._take_sex)
        self._sexes.offer([(_("sex not told"), ""), (_("female"), "F"), (_("male"), "M")])
        self.ui.classifyButton.connect("clicked()", self.classify)
        self.ui.askSentenceButton.connect("clicked()", self.ask_sentence)
        self.ui.classHeatMapButton.connect("clicked(bool)", self.show_heat_map)
        connection.listen(self._connection_changed)
        self.say()
        self._show_answer()

    def set_parameters(self, parameters) -> None:
        if parameters:
            self.heads.tick_all_but(set(parameters.skippedHeads.split(",")))
        super().set_parameters(parameters)

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""
        if self._heat_map is not None and not self._has_place():
            self._remove_heat_map()
        chosen, heads = self._parameters, self.heads.ticked()
        self._sexes.show(chosen.sex if chosen else "")
        others = Classifying.needs_other_series(heads)
        self.ui.secondScanSelector.visible = self.ui.secondScanLabel.visible = bool(others)
        self.ui.secondScanSelector.toolTip = _("For heads that want it: {names}.").format(names=", ".join(others))
        askable = bool(chosen and chosen.scan) and self._connection.connected
        self.ui.classifyButton.enabled = askable and bool(heads)
        told = bool(chosen and chosen.sentence.strip() and chosen.versus.strip())
        self.ui.askSentenceButton.enabled = askable and told
        answer = self.heads.current()
        self.ui.classHeatMapButton.enabled = bool(answer and answer["applicable"])
        self.ui.classHeatMapButton.checked = self._heat_map is not None

    def clear(self) -> None:
        self._remove_heat_map()
        self._asked = None
        self.heads.show([])
        self._show_answer()

    def classify(self) -> None:
        """Ask the ticked heads about the scan."""
        self._start(self.heads.ticked())

    def ask_sentence(self) -> None:
        """Ask whether the scan is more like the one sentence or the other."""
        self._start([], self._parameters.sentence.strip(), self._parameters.versus.strip())

    def show_heat_map(self, shown: bool) -> None:
        """Lay the heat map of the chosen answer over the scan, or take it away."""
        self._remove_heat_map()
        answer = self.heads.current()
        if shown and answer:
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
        self._asked = (scan_id, key)
        self.heads.show(answers)
        fitting = sum(answer["applicable"] for answer in answers)
        name = slicer.mrmlScene.GetNodeByID(scan_id).GetName()
        words = _("{fitting} of {count} heads fit '{name}'.").format(fitting=fitting, count=len(answers), name=name)
        self.say(words)
        self._show_answer()

    def _show_answer(self) -> None:
        answer = self.heads.current()
        self._bars.show_answer(answer)
        self._evidence.show(answer["evidence"] if answer else [])
        self.ui.cautionLabel.styleSheet = warning_style(self.ui.cautionLabel, "caution")
        self.ui.cautionLabel.text = AnswerText.explained(answer) if answer else ""
        if self._heat_map is not None:
            self.show_heat_map(True)  # the one of the head that is chosen now
        else:
            self.refresh()

    def _take_ticks(self) -> None:
        if self._parameters:
            self._parameters.skippedHeads = ",".join(sorted(self.heads.skipped()))

    def _take_sex(self, sex: str) -> None:
        if self._parameters:
            self._parameters.sex = sex

    def _connection_changed(self) -> None:
        appeared = self._connection.connected and not self._was_connected
        self._was_connected = self._connection.connected
        if appeared:
            self._connection.fetch(lambda client: client.heads(), self._offer, self.failed)
        self.refresh()

    def _offer(self, heads: list[dict]) -> None:
        skipped = self._parameters.skippedHeads if self._parameters else ""
        self.heads.offer(heads, set(skipped.split(",")))
        if not heads:
            self.say(_("The backend has no heads: teach one, or ask by a sentence."))
        self.refresh()

    def _put_heat_map(self, answer: dict, box) -> None:
        scan_id, key = self._asked or ("", None)
        volume = slicer.mrmlScene.GetNodeByID(scan_id) if scan_id else None
        if volume is None or Scene.volume_key(volume) != key or self.heads.current() is not answer:
            return  # another scan or another answer meanwhile
        self._remove_heat_map()
        self._heat_map = HeatMap.add(volume, box, f"{volume.GetName()}: {answer['title']}")
        HeatMap.show(slicer.mrmlScene, volume, self._heat_map)
        self.refresh()

    def _no_heat_map(self, error: Exception) -> None:
        self.failed(BackendError(_("This answer has no heat map.")) if isinstance(error, NotHeld) else error)

    def _has_place(self) -> bool:
        """Whether the heat map and the scan below it are still in the scene."""
        scene = slicer.mrmlScene
        return bool(scene.IsNodePresent(self._heat_map) and scene.GetNodeByID(self._asked[0]))

    def _remove_heat_map(self) -> None:
        heat_map, self._heat_map = self._heat_map, None  # first, since taking a node out of the scene refreshes
        HeatMap.remove(slicer.mrmlScene, heat_map)
