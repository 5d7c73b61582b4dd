"""The qMRML widgets that the module uses, on PySide6 and the real MRML scene."""

from typing import ClassVar

from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from . import pythonqt

pythonqt.refuse_unknown_attributes(__name__)
_CLOSED_SURFACE = "Closed surface"


class qMRMLWidget(QWidget):
    """Passes the scene on to the widgets that its .ui connects to it."""

    mrmlSceneChanged = Signal(object)
    SIGNATURES: ClassVar = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = None

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


class qSlicerWidget(qMRMLWidget):
    """What Slicer gives a scripted module as parent: it knows whether the module is the one shown."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._entered = False

    isEntered = Property(bool, lambda self: self._entered)


class qMRMLNodeComboBox(QWidget):
    """Chooses a node of the scene; without a connected scene it stays empty and disabled, as Slicer's does."""

    currentNodeChanged = Signal(object)
    SIGNATURES: ClassVar = {"currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged"}

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene, self._options, self._shown, self._unobserve = None, {}, None, lambda: None
        self._combo = QComboBox(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._combo)
        self._combo.currentIndexChanged.connect(lambda _index: self._announce())
        self.setEnabled(False)

    def _option(kind, name, default):
        def change(self, value):
            self._options[name] = value
            self._refresh()

        return Property(kind, lambda self: self._options.get(name, default), change)

    nodeTypes = _option("QStringList", "nodeTypes", [])
    hideChildNodeTypes = _option("QStringList", "hideChildNodeTypes", [])
    noneEnabled = _option(bool, "noneEnabled", False)
    noneDisplay = _option(str, "noneDisplay", "None")
    addEnabled = _option(bool, "addEnabled", True)
    removeEnabled = _option(bool, "removeEnabled", True)
    renameEnabled = _option(bool, "renameEnabled", False)

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        self._unobserve()
        self._scene = scene
        events = (
            (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent) if scene else ()
        )
        tags = [scene.AddObserver(event, lambda *_: self._refresh()) for event in events]
        self._unobserve = _removal(scene, tags)
        self.destroyed.connect(self._unobserve)  # as the destructor of Slicer's does
        self.setEnabled(scene is not None)
        self._refresh()

    def currentNode(self):
        identifier = self._combo.property("currentData")
        return self._scene.GetNodeByID(identifier) if self._scene and identifier else None

    def setCurrentNode(self, node):
        self._combo.setCurrentIndex(max(0, self._combo.findData(node.GetID() if node else "")))

    def nodeCount(self):
        return len(self._nodes())

    def _nodes(self):
        if self._scene is None:
            return []
        hidden = self.property("hideChildNodeTypes")
        nodes = [self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes())]
        return [
            n
            for n in nodes
            if any(map(n.IsA, self.property("nodeTypes")))
            and not any(map(n.IsA, hidden))
            and not n.GetHideFromEditors()
        ]

    def _refresh(self):
        current = self._combo.property("currentData")
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        nodes = self._nodes()
        if self.property("noneEnabled") or not nodes:
            self._combo.addItem(self.property("noneDisplay"), "")
        for node in nodes:
            self._combo.addItem(node.GetName(), node.GetID())
        self._combo.setCurrentIndex(max(0, self._combo.findData(current)))
        self._combo.blockSignals(blocked)
        self._announce()

    def _announce(self):
        node = self.currentNode()
        if (node and node.GetID()) != self._shown:
            self._shown = node and node.GetID()
            self.currentNodeChanged.emit(node)


def _removal(scene, tags: list[int]):
    """A function that takes observers away without holding the widget that put them there."""

    def remove(*_):
        while tags:
            scene.RemoveObserver(tags.pop())

    return remove


class qMRMLSegmentationShow3DButton(QPushButton):
    """Makes and shows the closed surfaces of a segmentation."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setCheckable(True)
        self._node = None
        self.toggled.connect(self._show)

    def segmentationNode(self):
        return self._node

    def setSegmentationNode(self, node):
        self._node = node
        blocked = self.blockSignals(True)
        self.setChecked(bool(node) and node.GetSegmentation().ContainsRepresentation(_CLOSED_SURFACE))
        self.blockSignals(blocked)

    def _show(self, shown: bool) -> None:
        if shown:
            self._node.CreateClosedSurfaceRepresentation()
        else:
            self._node.RemoveClosedSurfaceRepresentation()


slicer_widgets = (qMRMLWidget, qSlicerWidget, qMRMLNodeComboBox, qMRMLSegmentationShow3DButton)
