"""What the module remembers between sessions, in the application's settings (never in the scene)."""

from __future__ import annotations

from typing import ClassVar

import slicer
import slicer.util

from .Address import DEFAULT_ADDRESS

_ADDRESS, _KEY, _COMMAND = "MRIFoundation/Address", "MRIFoundation/Key", "MRIFoundation/Command"
_AUTHORITY, _OTHER_MACHINE = "MRIFoundation/CertificateAuthority", "MRIFoundation/OtherMachine"


def _stored(name: str):
    def read(_settings) -> str:
        return slicer.util.settingsValue(name, Settings.DEFAULTS[name], str, slicer.app.userSettings())

    def write(_settings, value: str) -> None:
        slicer.app.userSettings().setValue(name, value)

    return property(read, write)


class Settings:
    """Address of the backend, the key of a remote one when it is to be remembered, the file of the certificate authority that
    vouches for it, whether another machine is meant ("1" or ""), and the command of the local one."""

    DEFAULTS: ClassVar = {_ADDRESS: DEFAULT_ADDRESS, _KEY: "", _COMMAND: "", _AUTHORITY: "", _OTHER_MACHINE: ""}

    address = _stored(_ADDRESS)
    key = _stored(_KEY)
    command = _stored(_COMMAND)
    authority = _stored(_AUTHORITY)
    other_machine = _stored(_OTHER_MACHINE)
