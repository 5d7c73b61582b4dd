"""Widgets tied to the parameters in the scene."""

from __future__ import annotations

import qt
from slicer.parameterNodeWrapper import GuiConnector


def bind(parameters, ui) -> int:
    """Tie each widget of `ui` to the parameter that its SlicerParameterName says; gives the tag that `disconnectGui` takes.

    Slicer's own `connectGui` does the same, but gives no tag."""
    named = {widget.property("SlicerParameterName"): widget for widget in vars(ui).values()}
    return parameters.connectParametersToGui({name: _connector(widget) for name, widget in named.items() if name})


def _connector(widget):
    return LineConnector(widget) if isinstance(widget, qt.QLineEdit) else widget


class LineConnector(GuiConnector):
    """A line of text whose cursor stays where it is: Slicer's own writes the text back with every key, which moves it to the end."""

    @staticmethod
    def canRepresent(_widget, _datatype) -> bool:
        return False  # only where it is asked for

    @staticmethod
    def create(widget, _datatype):
        return LineConnector(widget)

    def __init__(self, edit):
        super().__init__()
        self._edit = edit

    def _connect(self) -> None:
        self._edit.connect("textChanged(QString)", self._typed)

    def _disconnect(self) -> None:
        self._edit.disconnect("textChanged(QString)", self._typed)

    def _typed(self, _text: str) -> None:
        self.changed()

    def widget(self):
        return self._edit

    def read(self) -> str:
        return self._edit.text

    def write(self, value: str) -> None:
        if self._edit.text != value:
            self._edit.text = value
