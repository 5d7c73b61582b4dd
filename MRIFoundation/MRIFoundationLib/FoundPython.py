"""A Python of this computer makes the backend's environment. No Qt, no MRML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import Rosetta, Venv
from .Sentence import translatable as _
from .Step import Step


@dataclass(frozen=True)
class FoundPython:
    path: Path

    def making(self, environment: Path) -> Iterator[Step]:
        """Makes the environment, in place of what a cut-off installation left there."""
        yield Step(_("Making the environment"), Rosetta.natively(Venv.making(self.path, environment, clear=True)))

    def removal(self, folder: Path) -> Step:
        """Removes an environment that is no longer needed."""
        return Step(_("Removing what is no longer needed"), Rosetta.natively(Venv.removal(self.path, folder)))
