"""`qt.QUiLoader` as Slicer's: it knows the ctk and qMRML widgets, and here a slip in a .ui file is an error."""

import xml.etree.ElementTree as ElementTree
from typing import ClassVar

from PySide6 import QtCore, QtUiTools

from . import signals


class UiLoader(QtUiTools.QUiLoader):
    """Refuses unknown widget classes and properties, and connections between things that do not exist."""

    custom_widgets: ClassVar[dict[str, type]] = {}

    def createWidget(self, class_name, parent=None, name=""):
        if class_name in self.custom_widgets:
            widget = self.custom_widgets[class_name](parent)
            widget.setObjectName(name)
        else:
            if class_name not in self.availableWidgets() or not class_name.startswith("Q"):
                self._faults.append(f"unknown widget class {class_name}")  # raising here would be lost in C++
                class_name = "QWidget"
            widget = super().createWidget(class_name, parent, name)
        self._made[name] = widget
        return widget

    def load(self, device, parent=None):
        self._made, self._faults = {}, []
        tree = ElementTree.fromstring(bytes(device.readAll().data()))
        connections = tree.find("connections")
        tree.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer, parent)
        if widget is None:
            raise RuntimeError(self.errorString())
        self._check_properties(tree)
        if self._faults:
            raise RuntimeError("; ".join(self._faults))
        for connection in connections:
            self._connect(*(connection.findtext(part) for part in ("sender", "signal", "receiver", "slot")))
        widget.__dict__["_made"] = self._made  # as long as the widget lives, so do the Python sides of its children
        return widget

    def _connect(self, sender: str, signal: str, receiver: str, slot: str) -> None:
        signals.connect(self._made[sender], signal, getattr(self._made[receiver], slot.split("(")[0]))

    def _check_properties(self, tree) -> None:
        """Qt makes a dynamic property of a misspelled one without a word."""
        for element in tree.iter("widget"):
            meta = self._made[element.get("name")].metaObject()
            for wanted in element.findall("property"):
                if wanted.get("stdset") != "0" and meta.indexOfProperty(wanted.get("name")) < 0:
                    self._faults.append(
                        f"{element.get('name')} ({meta.className()}) has no property '{wanted.get('name')}'"
                    )
