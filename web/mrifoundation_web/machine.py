"""Which backend is asked: what `Settings` is to the Slicer module."""

from __future__ import annotations

from dataclasses import dataclass

from MRIFoundationLib.Address import is_loopback, repair


@dataclass
class Machine:
    """Address, key ("" takes that of this computer's key file) and certificate authority of the backend."""

    address: str
    key: str = ""
    authority: str = ""

    def __post_init__(self) -> None:
        self.address = repair(self.address)

    @property
    def other_machine(self) -> str:
        """ "1" when it is not this computer, or has a key of its own."""
        return "1" if self.key or not is_loopback(self.address) else ""
