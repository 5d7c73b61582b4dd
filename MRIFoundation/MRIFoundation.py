"""MRIFoundation for 3D Slicer: segment an MRI by saying what is wanted. The work is done by a backend beside Slicer."""

from html import escape
from pathlib import Path

import qt
import slicer
import slicer.util
import vtk
from MRIFoundationLib.BackendPanel import BackendPanel
from MRIFoundationLib.Binding import bind
from MRIFoundationLib.ClassifyPanel import ClassifyPanel
from MRIFoundationLib.Connection import Connection
from MRIFoundationLib.ContourPanel import ContourPanel
from MRIFoundationLib.Parameters import Parameters
from MRIFoundationLib.PersonOfScan import PersonOfScan
from MRIFoundationLib.ReportPanel import ReportPanel
from MRIFoundationLib.ScanRequests import ScanRequests
from MRIFoundationLib.SegmentPanel import SegmentPanel
from MRIFoundationLib.Settings import Settings
from MRIFoundationLib.SimilarPanel import SimilarPanel
from MRIFoundationLib.StatusLine import StatusLine
from MRIFoundationLib.Worker import Worker
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

SCAN_EVENTS = (vtk.vtkCommand.ModifiedEvent, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent)
SAMPLE_SHA256 = "cc211f0dfd9a05ca3841ce1141b292898b2dd2d3f08286affadf823a7e58df93"


class MRIFoundation(ScriptedLoadableModule):
    """What Slicer shows of the module in its lists and help."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("MRI Foundation")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = []
        self.parent.contributors = ["MRIFoundation contributors"]
        self.parent.helpText = _(
            "Type the structures you want, such as <i>left hippocampus, both kidneys</i>, and get them as "
            "segments with their volumes. The scan goes to the backend whose address is shown, by default on this "
            "computer, and nowhere else."
        )
        self.parent.acknowledgementText = _("Built on PyTorch, MONAI and all-MiniLM-L6-v2.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """A head to begin with, in the Sample Data module: Slicer's own MRHead, which a person gave for unrestricted use."""
    try:
        import SampleData
    except ImportError:
        return  # a Slicer built without that module
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("MRI Foundation"),
        sampleName="MRIFoundationHead",
        uris=slicer.util.TESTING_DATA_URL + f"SHA256/{SAMPLE_SHA256}",
        fileNames="MR-head.nrrd",
        checksums=f"SHA256:{SAMPLE_SHA256}",
        nodeNames="MRHead",
        thumbnailFileName=str(Path(__file__).parent / "Resources/Icons/MRIFoundation.png"),
    )


class MRIFoundationLogic(ScriptedLoadableModuleLogic):
    """The module's parameters in the scene."""

    def getParameterNode(self):
        return Parameters(super().getParameterNode())


class MRIFoundationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The shell around the panels: it ties them to the scene and to the application's life."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self._parameters = self._watchedScan = None
        self._gui_tags = []
        self._wasConnected = False
        self._person = PersonOfScan()

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.uiWidget = slicer.util.loadUI(self.resourcePath("UI/MRIFoundation.ui"))
        self.uiWidget.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(self.uiWidget)
        self.ui = slicer.util.childWidgetVariables(self.uiWidget)
        self.logic = MRIFoundationLogic()
        self.worker, settings = Worker(), Settings()
        self.connection = Connection(self.worker, settings)
        self.requests = ScanRequests(self.connection, self.worker)
        self.statusLine = StatusLine(self.ui.progressBar, self.ui.stageLabel, self.ui.cancelButton, self.requests)
        self.backendPanel = BackendPanel(self.resourcePath("UI/BackendPanel.ui"), self.connection, settings)
        self.ui.backendSection.layout().addWidget(self.backendPanel.widget)
        self.ui.backendSection.collapsed = True
        self.ui.stageLabel.connect("linkActivated(QString)", lambda _target: self._foldBackendSection(False))
        self._addPanels()
        self.connection.listen(self._showConnection)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self._onParametersModified)
        slicer.app.connect("aboutToQuit()", self.backendPanel.shut_down)
        self.initializeParameterNode()

    def cleanup(self):
        """Slicer ends, or the module is reloaded."""
        self.worker.cancel_all()
        self._showPanels(False)
        for panel in self.panels:
            panel.clear()
        slicer.app.disconnect("aboutToQuit()", self.backendPanel.shut_down)
        self.backendPanel.shut_down()
        self.setParameters(None)
        self.removeObservers()

    def enter(self):
        """The module is shown."""
        self.initializeParameterNode()
        self._showPanels(True)
        if self.connection.state == "unknown":
            self.connection.test()

    def exit(self):
        """Another module is shown. A running request goes on, and the panels stay tied to the scene: what Slicer's binding watches
        a node with it never lets go of, so binding anew each time would make every key slower."""
        self._showPanels(False)

    def onSceneStartClose(self, _caller, _event):
        self.requests.cancel()
        for panel in self.panels:
            panel.clear()
        self.setParameters(None)

    def onSceneEndClose(self, _caller, _event):
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneEndImport(self, _caller, _event):
        """A scene was loaded: what it kept of the panels is shown now that all its nodes are there."""
        self.setParameters(None)
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        """Bind to the parameters in the scene, unless that is done; without a chosen scan the first one is taken."""
        parameters = self.logic.getParameterNode()
        if self._parameters and self._parameters.parameterNode is parameters.parameterNode:
            parameters = self._parameters
        if not parameters.scan:
            parameters.scan = firstScan(slicer.mrmlScene)
        if parameters is self._parameters:
            self._onParametersModified()
        else:
            self.setParameters(parameters)

    def setParameters(self, parameters):
        """Bind the panels to these parameters, None for no longer to any."""
        self._unbind()
        self._parameters = parameters
        if parameters:
            self._person.bind(parameters)
            self._gui_tags = [bind(parameters, ui) for ui in (self.ui, *(panel.ui for panel in self.panels))]
            self.addObserver(parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onParametersModified)
        for panel in self.panels:
            panel.set_parameters(parameters)
        self._watchScan()

    def _unbind(self):
        if self._parameters:
            for tag in self._gui_tags:
                self._parameters.disconnectGui(tag)
            self.removeObserver(
                self._parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onParametersModified
            )
        self._parameters = None

    def _onParametersModified(self, _caller=None, _event=None):
        if self._parameters:
            self._person.follow(self._parameters)
        for panel in self.panels:
            panel.refresh()
        self._watchScan()

    def _watchScan(self):
        """Hear when the chosen scan gets another image, as when the sequence browser goes on to another time point."""
        scan = self._parameters.scan if self._parameters else None
        if scan is not self._watchedScan:
            for event in SCAN_EVENTS:
                if self._watchedScan:
                    self.removeObserver(self._watchedScan, event, self._onScanModified)
                if scan:
                    self.addObserver(scan, event, self._onScanModified)
            self._watchedScan = scan

    def _onScanModified(self, _caller, _event):
        """Only what is before the person is shown anew: a sequence that is played does this many times a second."""
        for panel, section in zip(self.panels, self._sections):
            if self.parent.isEntered and not section.collapsed:
                panel.refresh()

    def _addPanels(self):
        """One section a panel; opening one folds the others, so that each has the whole height."""
        kinds = {"segment": SegmentPanel, "contour": ContourPanel, "similar": SimilarPanel}
        kinds |= {"classify": ClassifyPanel, "report": ReportPanel}
        self.panels, self._sections = [], []
        for name, kind in kinds.items():
            resource = self.resourcePath(f"UI/{name.capitalize()}Panel.ui")
            panel, section = kind(resource, self.connection, self.requests), getattr(self.ui, f"{name}Section")
            setattr(self, f"{name}Panel", panel)
            section.layout().addWidget(panel.widget)
            section.collapsed = bool(self._sections)
            section.connect("contentsCollapsed(bool)", lambda folded, own=section: self._folded(own, folded))
            self.panels.append(panel)
            self._sections.append(section)
        self.classifyPanel.teaching.ticks = self.similarPanel.gallery.ticks

    def _folded(self, section, is_folded):
        if not is_folded:
            self._foldOthers(section)
        self._showPanels(self.parent.isEntered)

    def _showPanels(self, are_shown):
        """Tell each panel whether a person has it before them."""
        for panel, section in zip(self.panels, self._sections):
            panel.shown(are_shown and not section.collapsed)

    def _foldOthers(self, opened):
        for panel, section in zip(self.panels, self._sections):
            if section is opened:
                panel.refresh()
            else:
                section.collapsed = True

    def _showConnection(self):
        """Say how the backend stands. Its section opens by itself only for who has no backend yet, since opening it moves all others;
        later the line beside Cancel leads there."""
        state, message = self.connection.state, escape(self.connection.message)
        titles = {"connected": _("Backend: connected"), "checking": _("Backend: connecting …")}
        self.ui.backendSection.text = titles.get(state, _("Backend: not connected"))
        link = "" if state == "checking" else '<a href="backend">' + _("Backend") + "</a>: "
        self.statusLine.rest("" if self.connection.connected else link + message)
        is_news = state == "connected" or (state == "failed" and not self._wasConnected)
        if is_news and not self._hasFocus():
            self._foldBackendSection(self.connection.connected)
        self._wasConnected = self._wasConnected or self.connection.connected

    def _foldBackendSection(self, folded):
        self.ui.backendSection.collapsed = folded

    def _hasFocus(self):
        """Whether the person is at something of the panel besides the Backend section."""
        focused = qt.QApplication.focusWidget()
        if focused is None or self.ui.backendSection.isAncestorOf(focused):
            return False
        return self.uiWidget.isAncestorOf(focused)


def firstScan(scene):
    """The first volume that the scan's selector offers: no label map, no colour image, nothing that is hidden; None for none."""
    nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", scene)
    offered = (node for node in nodes if node.GetClassName() == "vtkMRMLScalarVolumeNode")
    return next((node for node in offered if not node.GetHideFromEditors()), None)


class MRIFoundationTest(ScriptedLoadableModuleTest):
    """What Slicer's own test run checks, without a backend; the full tests are in Testing/slicer."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_unreachable_backend_is_told_in_words()
        self.setUp()
        self.test_answer_becomes_segments()

    def test_unreachable_backend_is_told_in_words(self):
        from MRIFoundationLib.Failures import Unreachable
        from MRIFoundationLib.Greeting import find

        with self.assertRaisesRegex(Unreachable, "start the backend"):
            find("127.0.0.1:1", timeout=1.0)

    def test_answer_becomes_segments(self):
        import numpy as np
        from MRIFoundationLib import Segmentation
        from MRIFoundationLib.Scene import world_affine
        from MRIFoundationLib.Segmenting import Answer
        from MRIFoundationLib.VoxelBox import VoxelBox

        volume = slicer.util.addVolumeFromArray(np.zeros((4, 5, 6), np.int16), name="scan")
        box = VoxelBox(np.ones((2, 2, 2), np.uint8), (1, 1, 1), (6, 5, 4), world_affine(volume))
        row = {"prompt": "liver", "name": "liver", "value": 1, "volume_ml": 0.008, "presence": 1.0, "in_view": True}
        node = Segmentation.create(slicer.mrmlScene, volume)
        rows = [{**row, "explanation": "", "center_ras_mm": [0, 0, 0]}]
        Segmentation.put(node, volume, Answer(rows, [], box, frozenset({1})), {})
        voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, "liver", volume)
        self.assertEqual(np.argwhere(voxels).min(axis=0).tolist(), [1, 1, 1])
        self.assertEqual(int(voxels.sum()), 8)
