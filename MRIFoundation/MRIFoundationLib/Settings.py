"""What the module remembers between sessions, in the application's settings (never in the scene)."""

from __future__ import annotations

from typing import ClassVar

import slicer
import slicer.util

from .Address import DEFAULT_ADDRESS

_ADDRESS, _KEY, _COMMAND = "MRIFoundation/Address", "MRIFoundation/Key", "MRIFoundation/Command"
_OTHER_ADDRESS = "MRIFoundation/OtherAddress"
_AUTHORITY, _OTHER_MACHINE = "MRIFoundation/CertificateAuthority", "MRIFoundation/OtherMachine"
_ARCHIVE = "MRIFoundation/PictureArchive"


def _stored(name: str):
    def read(_settings) -> str:
        return slicer.util.settingsValue(name, Settings.DEFAULTS[name], str, slicer.app.userSettings())

    def write(_settings, value: str) -> None:
        slicer.app.userSettings().setValue(name, value)

    return property(read, write)


class Settings:
    """Addresses of the backends of this computer and of another machine, the key of the latter when it is to be remembered, the
    file of the certificate authority that vouches for it, whether it is meant ("1" or ""), the command of the local one, and
    the address of the picture archive that contours are sent to."""

    DEFAULTS: ClassVar = {
        _ADDRESS: DEFAULT_ADDRESS,
        _OTHER_ADDRESS: "",
        _KEY: "",
        _COMMAND: "",
        _AUTHORITY: "",
        _OTHER_MACHINE: "",
        _ARCHIVE: "",
    }

    local_address = _stored(_ADDRESS)
    other_address = _stored(_OTHER_ADDRESS)
    key = _stored(_KEY)
    command = _stored(_COMMAND)
    authority = _stored(_AUTHORITY)
    other_machine = _stored(_OTHER_MACHINE)
    archive = _stored(_ARCHIVE)

    @property
    def address(self) -> str:
        """The address of the machine that is meant; each is remembered while the other one is."""
        return self.other_address if self.other_machine else self.local_address

    @address.setter
    def address(self, address: str) -> None:
        if self.other_machine:
            self.other_address = address
        else:
            self.local_address = address
