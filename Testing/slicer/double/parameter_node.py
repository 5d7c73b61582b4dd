"""`slicer.parameterNodeWrapper`: typed parameters in a MRML node, tied to widgets by their SlicerParameterName."""

import abc
import sys
import types
import typing

import slicer
import vtk
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox

from .qmrml_widgets import qMRMLNodeComboBox


class Choice:
    """Annotation: the values that a text parameter may have."""

    def __init__(self, choices: list[str]):
        self.choices = choices


class WithinRange:
    """Annotation: the least and the largest value of a number."""

    def __init__(self, minimum: int, maximum: int):
        self.minimum, self.maximum = minimum, maximum


class _Parameter:
    """One typed parameter: text, a whole number, or a reference to a node."""

    def __init__(self, name: str, hint, default):
        self.name = name
        annotations = getattr(hint, "__metadata__", ())
        self.choices = next((a.choices for a in annotations if isinstance(a, Choice)), None)
        self.range = next((a for a in annotations if isinstance(a, WithinRange)), None)
        self.type = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
        self.is_node = issubclass(self.type, slicer.vtkMRMLNode)
        if not (self.is_node or self.type in (str, int)):
            raise TypeError(f"{name}: the double keeps text, whole numbers and nodes, not {self.type}")
        self.default = self.type() if default == "" and not self.is_node else default

    def read(self, node):
        return node.GetNodeReference(self.name) if self.is_node else self.type(node.GetParameter(self.name))

    def write(self, node, value) -> None:
        if not (isinstance(value, self.type) or (self.is_node and value is None)):
            raise TypeError(f"{self.name} takes {self.type.__name__}, not {value!r}")
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name}: {value!r} is none of {self.choices}")
        if self.range and not self.range.minimum <= value <= self.range.maximum:
            raise ValueError(f"{self.name}: {value} is not from {self.range.minimum} to {self.range.maximum}")
        if self.is_node:
            node.SetNodeReferenceID(self.name, value.GetID() if value else None)
        else:
            node.SetParameter(self.name, str(value))


class _Connector:
    """Ties one widget to one parameter; refuses pairs for which Slicer has no connector."""

    def __init__(self, widget, parameter: _Parameter):
        self.widget, self.parameter = widget, parameter
        kinds = {
            qMRMLNodeComboBox: parameter.is_node,
            QLineEdit: parameter.type is str,
            QComboBox: bool(parameter.choices),
            QSpinBox: parameter.type is int,
        }
        if not kinds.get(type(widget)):
            raise RuntimeError(f"Unable to create GUI connector from {parameter.type} to {type(widget).__name__}")
        if type(widget) is QComboBox:
            widget.clear()
            widget.addItems(parameter.choices)
        if type(widget) is QSpinBox:
            # Without a range Slicer's connector takes every limit away.
            least, most = (
                (parameter.range.minimum, parameter.range.maximum) if parameter.range else (-(2**31), 2**31 - 1)
            )
            widget.setRange(least, most)

    @property
    def signal(self):
        names = {
            qMRMLNodeComboBox: "currentNodeChanged",
            QLineEdit: "textChanged",
            QComboBox: "currentIndexChanged",
            QSpinBox: "valueChanged",
        }
        return getattr(self.widget, names[type(self.widget)])

    def read(self):
        if self.parameter.is_node:
            return self.widget.currentNode()
        return self.widget.property({QLineEdit: "text", QComboBox: "currentText", QSpinBox: "value"}[type(self.widget)])

    def write(self, value) -> None:
        if self.parameter.is_node:
            self.widget.setCurrentNode(value)
        elif type(self.widget) is QComboBox:
            self.widget.setCurrentText(value)
        elif type(self.widget) is QSpinBox:
            self.widget.setValue(value)
        else:
            self.widget.setText(value)  # as Slicer does: the cursor goes to the end

    def on_changed(self, take) -> None:
        self.signal.connect(take) if take else self.signal.disconnect(self._taken)
        self._taken = take


class GuiConnector(abc.ABC):
    """What a module ties widgets with in its own way."""

    def __init__(self):
        self._callback = None

    def onChanged(self, callback) -> None:
        self._callback = callback
        self._connect() if callback else self._disconnect()

    def changed(self) -> None:
        if self._callback:
            self._callback()

    @staticmethod
    @abc.abstractmethod
    def canRepresent(widget, datatype) -> bool: ...

    @staticmethod
    @abc.abstractmethod
    def create(widget, datatype): ...

    @abc.abstractmethod
    def _connect(self) -> None: ...

    @abc.abstractmethod
    def _disconnect(self) -> None: ...

    @abc.abstractmethod
    def widget(self): ...

    @abc.abstractmethod
    def read(self): ...

    @abc.abstractmethod
    def write(self, value) -> None: ...


class _Binding:
    """All connectors of one `connectParametersToGui`, following the node and the widgets until it is undone."""

    def __init__(self, wrapper, connectors: dict[str, _Connector | GuiConnector]):
        self._wrapper, self._connectors, self._updating = wrapper, connectors, False
        self.show()
        for name, connector in connectors.items():
            take = lambda *_, name=name, connector=connector: self._take(name, connector)  # noqa: E731
            connector.onChanged(take) if isinstance(connector, GuiConnector) else connector.on_changed(take)
        self._tag = wrapper.parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self.show())

    def show(self) -> None:
        if not self._updating:
            self._updating = True
            for name, connector in self._connectors.items():
                connector.write(getattr(self._wrapper, name))
            self._updating = False

    def undo(self) -> None:
        self._wrapper.parameterNode.RemoveObserver(self._tag)
        for connector in self._connectors.values():
            connector.onChanged(None) if isinstance(connector, GuiConnector) else connector.on_changed(None)
        self._connectors = {}

    def _take(self, name: str, connector: _Connector | GuiConnector) -> None:
        if not self._updating:
            setattr(self._wrapper, name, connector.read())


def parameterNodeWrapper(cls):
    """The class decorator of Slicer, for text, whole numbers and nodes."""
    hints = typing.get_type_hints(cls, include_extras=True)
    parameters = {name: _Parameter(name, hint, getattr(cls, name, "")) for name, hint in hints.items()}

    def __init__(self, parameterNode):
        self.parameterNode, self._bindings = parameterNode, []
        known = parameterNode.GetParameterNames() or ()
        for parameter in parameters.values():
            if not parameter.is_node and parameter.name not in known:
                parameter.write(parameterNode, parameter.default)

    def connectParametersToGui(self, mapping) -> int:
        unknown = [name for name in mapping if name not in parameters]
        if unknown:
            raise ValueError(f"Cannot find a param with the given name: {unknown[0]}")
        connectors = {
            name: tied if isinstance(tied, GuiConnector) else _Connector(tied, parameters[name])
            for name, tied in mapping.items()
        }
        self._bindings.append(_Binding(self, connectors))
        return len(self._bindings) - 1

    def connectGui(self, gui) -> None:
        """Gives no tag, as in Slicer."""
        named = {w.property("SlicerParameterName"): w for w in vars(gui).values()}
        self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def disconnectGui(self, tag: int) -> None:
        self._bindings[tag].undo()

    for parameter in parameters.values():
        getter, setter = parameter.read, parameter.write
        setattr(
            cls,
            parameter.name,
            property(lambda s, g=getter: g(s.parameterNode), lambda s, v, w=setter: w(s.parameterNode, v)),
        )
    cls.__init__, cls.connectGui, cls.disconnectGui = __init__, connectGui, disconnectGui
    cls.connectParametersToGui = connectParametersToGui
    return cls


def register() -> None:
    """Make it importable as in Slicer."""
    module = types.ModuleType("slicer.parameterNodeWrapper")
    for part in (parameterNodeWrapper, Choice, WithinRange, GuiConnector):
        setattr(module, part.__name__, part)
    sys.modules["slicer.parameterNodeWrapper"] = slicer.parameterNodeWrapper = module
