"""What the module remembers between sessions, in the application's settings (never in the scene)."""

from __future__ import annotations

from typing import ClassVar

import slicer
import slicer.util

from .Address import DEFAULT_ADDRESS

_ADDRESS, _KEY, _COMMAND = "MRIFoundation/Address", "MRIFoundation/Key", "MRIFoundation/Command"


def _stored(name: str):
    def read(_settings) -> str:
        return slicer.util.settingsValue(name, Settings.DEFAULTS[name], str, slicer.app.userSettings())

    def write(_settings, value: str) -> None:
        slicer.app.userSettings().setValue(name, value)

    return property(read, write)


class Settings:
    """Address of the backend, the key of a remote one when it is to be remembered, and the command of the local one."""

    DEFAULTS: ClassVar = {_ADDRESS: DEFAULT_ADDRESS, _KEY: "", _COMMAND: ""}

    address = _stored(_ADDRESS)
    key = _stored(_KEY)
    command = _stored(_COMMAND)
