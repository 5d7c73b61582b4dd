"""A Python for the backend alone, on a computer that has none which fits: uv, a wheel like others, fetches it. No Qt, no MRML.

All of it lies in the environment and goes with it; nothing is put on a search path, into the registry or into Slicer's own Python.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import Rosetta, Venv
from .Sentence import translatable as _
from .Step import Step

VERSION = "3.12"
_UV = "uv==0.13.9"  # it knows which builds of Python there are, with their hashes
_FOR_APPLE_CHIP = (
    "--platform",
    "macosx_11_0_arm64",
)  # Slicer's Python may be one for Intel, whose uv would fetch such a one


@dataclass(frozen=True)
class FetchedPython:
    path: Path
    """Slicer's own Python, which has pip; only this module's folder is written to."""

    @classmethod
    def possible(cls) -> FetchedPython | None:
        """None where there is nothing that could fetch it. Slicer's launcher puts its own Python on the search path."""
        slicers = shutil.which("PythonSlicer", path=os.environ.get("PATH", ""))
        return cls(Path(slicers)) if slicers else None

    def making(self, environment: Path) -> Iterator[Step]:
        """Each step begins when the one before has ended: only then is it known where the Python lies."""
        fetched = environment / "fetched"
        yield self.removal(environment)
        yield Step(_("Fetching uv, which fetches Python"), self._fetching_uv(fetched / "uv"))
        yield Step(
            _("Fetching Python {version}").format(version=VERSION),
            [str(_uv_in(fetched / "uv")), "python", "install", "--managed-python", VERSION],
            _variables(fetched),
        )
        yield Step(_("Making the environment"), Venv.making(_python_in(fetched / "python"), environment, clear=False))

    def removal(self, folder: Path) -> Step:
        """Removes an environment that is no longer needed, its Python with it."""
        return Step(_("Removing what is no longer needed"), Venv.removal(self.path, folder))

    def _fetching_uv(self, folder: Path) -> list[str]:
        pip = [str(self.path), "-m", "pip", "--disable-pip-version-check", "install", "--no-cache-dir"]
        kind = _FOR_APPLE_CHIP if Rosetta.has_apple_chip() else ()
        return [*pip, "--only-binary", ":all:", "--no-deps", *kind, "--target", str(folder), _UV]


def _variables(fetched: Path) -> dict[str, str]:
    return {
        "UV_PYTHON_INSTALL_DIR": str(fetched / "python"),
        "UV_CACHE_DIR": str(fetched / "cache"),
        "UV_PYTHON_INSTALL_BIN": "0",
        "UV_PYTHON_INSTALL_REGISTRY": "0",
        "UV_SYSTEM_CERTS": "1",  # a proxy that reads along has an authority that this computer knows
        "UV_NO_PROGRESS": "1",
    }


def _uv_in(folder: Path) -> Path:
    return folder / "bin" / ("uv.exe" if sys.platform == "win32" else "uv")


def _python_in(folder: Path) -> Path:
    """The newest there; uv writes the rest of its version into the name of its folder."""
    place = "python.exe" if sys.platform == "win32" else f"bin/python{VERSION}"
    return max(folder.glob(f"cpython-{VERSION}.*/{place}"), default=folder / place)
