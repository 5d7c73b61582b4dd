"""A `qt` module: PySide6 whose objects behave as PythonQt's: properties are attributes, and unknown names are
errors."""

import ctypes
import enum
import sys
import types

from PySide6 import QtCore, QtGui, QtWidgets

from . import signals

_MODULES = (QtCore, QtGui, QtWidgets)
_OVERRIDABLE = ("sizeHint", "minimumSizeHint")  # both properties and virtual methods: Qt calls them on subclasses
_object_setattr = QtCore.QObject.__mro__[-2].__setattr__
_strict_packages = ["PySide6."]


class PropertyAttribute:
    """A Qt property read and set as an attribute of an instance; on the class, what PySide6 has under that name."""

    def __init__(self, name: str, writable: bool, original):
        self.name, self.writable, self.original = name, writable, original

    def __get__(self, instance, owner=None):
        if instance is None:
            return self.original
        return instance.property(self.name)

    def __set__(self, instance, value):
        assign(instance, self.name, value, self.writable)


def assign(instance, name: str, value, writable: bool = True) -> None:
    """Set a Qt property, or raise AttributeError when it cannot take the value."""
    if not writable or not QtCore.QObject.setProperty(instance, name, value):
        raise AttributeError(f"property '{name}' of {type(instance).__name__} does not take {value!r}")


def refuse_unknown_attributes(module_name: str) -> None:
    """Hold the widgets of another module of the double to the same strictness."""
    _strict_packages.append(module_name)


def build() -> types.ModuleType:
    """Patch PySide6 in this (test) process and register it as `qt`."""
    _keep_none()
    for cls in _qobject_classes():
        cls.__setattr__ = _strict_setattr  # each PySide6 class has a setter of its own
        _publish_properties(cls)
    _add_pythonqt_methods()
    _make_enums_integers()
    qt = types.ModuleType("qt", __doc__)
    for module in _MODULES:
        qt.__dict__.update({name: getattr(module, name) for name in dir(module) if name.startswith("Q")})
    sys.modules["qt"] = qt
    return qt


def _keep_none() -> None:
    """PySide6 gives None without counting it; Python never frees it since 3.12, but before that did after some ten thousand calls."""
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40


def _qobject_classes():
    for module in _MODULES:
        for name in dir(module):  # PySide6 creates its classes when they are first asked for
            cls = getattr(module, name)
            if isinstance(cls, type) and issubclass(cls, QtCore.QObject):
                yield cls


def _publish_properties(cls) -> None:
    meta = cls.staticMetaObject
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        found = meta.property(index)
        if found.name() not in _OVERRIDABLE:
            setattr(
                cls, found.name(), PropertyAttribute(found.name(), found.isWritable(), getattr(cls, found.name(), None))
            )


def _strict_setattr(self, name: str, value) -> None:
    cls = type(self)
    declared = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if isinstance(declared, QtCore.Property):
        assign(self, name, value)
    elif declared is not None or name.startswith("_") or not cls.__module__.startswith(tuple(_strict_packages)):
        _object_setattr(self, name, value)
    elif isinstance(value, QtCore.QObject) and value.property("objectName") == name:
        pass  # PySide6's QUiLoader hangs each named child on the top widget; PythonQt's does not
    else:
        raise AttributeError(f"{cls.__name__} has no attribute '{name}'")


def _add_pythonqt_methods() -> None:
    base = QtCore.QObject
    base.className = lambda self: self.metaObject().className()
    base.name = property(lambda self: self.property("objectName"))
    for cls in _qobject_classes():
        if "__getattribute__" in vars(cls):  # PySide6 finds its own two in C before it looks at the class
            cls.__getattribute__ = _with_our_connect(cls.__getattribute__)


def _with_our_connect(original):
    ours = {"connect": signals.connect, "disconnect": signals.disconnect}

    def find(self, name: str):
        return types.MethodType(ours[name], self) if name in ours else original(self, name)

    return find


def _make_enums_integers() -> None:
    for module in _MODULES:
        owners = [module, *(getattr(module, name) for name in dir(module) if isinstance(getattr(module, name), type))]
        for owner in owners:
            for kind in list(vars(owner).values()):
                if isinstance(kind, enum.EnumMeta) and not hasattr(kind, "__int__"):
                    kind.__int__ = kind.__index__ = lambda self: self.value
