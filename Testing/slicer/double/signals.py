"""PythonQt's `sender.connect("signal(arguments)", callable)` on PySide6 objects."""

import inspect

from PySide6 import QtCore

from . import faults

_pyside_connect = QtCore.QObject.connect


def connect(sender, signature: str, target, *native) -> bool:
    """Connect by signature; a signal that does not exist is an AttributeError, as in PythonQt."""
    if isinstance(signature, QtCore.QObject):  # PySide6's own QTimer.singleShot connects in its own way
        return _pyside_connect(signature, target, *native)
    relay = _relay(target, _count(signature))
    own = getattr(type(sender), "SIGNATURES", {})
    normal = _normal(signature)
    if normal in own:
        getattr(sender, own[normal]).connect(relay)
    elif sender.metaObject().indexOfSignal(normal) >= 0:
        _signal(sender, normal).connect(relay)
    else:
        raise AttributeError(f"{type(sender).__name__} has no signal '{signature}'; it has {', '.join(_known(sender))}")
    sender.__dict__.setdefault("_relays", []).append((normal, target, relay))
    return True


def disconnect(sender, signature: str, target) -> bool:
    """Undo `connect`; gives whether there was such a connection."""
    normal = _normal(signature)
    relays = sender.__dict__.get("_relays", [])
    for entry in [entry for entry in relays if entry[:2] == (normal, target)]:
        own = getattr(type(sender), "SIGNATURES", {})
        signal = getattr(sender, own[normal]) if normal in own else _signal(sender, normal)
        signal.disconnect(entry[2])
        relays.remove(entry)
        return True
    return False


def _relay(target, offered: int):
    accepted = _accepted(target)
    count = offered if accepted is None else min(offered, accepted)

    def relay(*arguments):
        try:
            target(*arguments[:count])
        except Exception:
            faults.record_current()

    return relay


def _accepted(target) -> int | None:
    """How many arguments a Python function takes; PythonQt passes no more. None for any other callable."""
    function = target.__func__ if inspect.ismethod(target) else target
    if not inspect.isfunction(function) or function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - inspect.ismethod(target)


def _signal(sender, normal: str):
    """The bound PySide6 signal of exactly this signature, among overloads too."""
    bound = getattr(sender, normal.split("(")[0])
    try:
        return bound[tuple(_types(normal))] if _types(normal) else bound
    except (IndexError, KeyError, TypeError):
        return bound


def _normal(signature: str) -> str:
    return bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()


def _types(normal: str) -> list[str]:
    return [kind for kind in normal[normal.index("(") + 1 : -1].split(",") if kind]


def _count(signature: str) -> int:
    return len(_types(_normal(signature)))


def _known(sender) -> list[str]:
    meta = sender.metaObject()
    methods = (meta.method(index) for index in range(meta.methodCount()))
    native = {
        bytes(m.methodSignature().data()).decode()
        for m in methods
        if m.methodType() == QtCore.QMetaMethod.MethodType.Signal
    }
    return sorted(native | set(getattr(type(sender), "SIGNATURES", {})))
