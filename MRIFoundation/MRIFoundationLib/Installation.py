"""What an installation of the backend on this computer does, fetches and needs: a plan that is shown before it is run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import LocalPaths, PipProgress, Pythons
from .Failures import BackendError
from .Sentence import translatable as _

HOMEPAGE = "https://github.com/MRIFoundation/MRIFoundation"
_GIGABYTE = 1_000_000_000
_NEEDED = {"cpu": 6, "cuda": 14}  # GB: what ends up in the environment, and the archives that pip unpacks meanwhile
_TORCH = "torch>=2.6"
_INDEX = "https://download.pytorch.org/whl/"
_MAKE_ENVIRONMENT = (
    "import sys, venv; venv.create(sys.argv[1], clear=True, with_pip=True, symlinks=sys.platform != 'win32')"
)
_REMOVE = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"
_PROVE = "import torch, mrifoundation; print('The backend runs with PyTorch', torch.__version__)"
_NO_GPU = "PyTorch sees no GPU."
_SEE_GPU = f"; torch.cuda.is_available() or print('{_NO_GPU}')"


@dataclass(frozen=True)
class Step:
    """One program to run, and what it does."""

    words: str
    command: list[str]


@dataclass(frozen=True)
class Installation:
    """An environment of its own for the backend. `wheels`: a folder to install from without a network."""

    environment: Path
    source: str
    python: Path
    """What makes the environment."""
    build: str
    """PyTorch for "cpu" or "cuda"."""
    wheels: Path | None = None
    platform: str = sys.platform

    @classmethod
    def plan(cls, variables: Mapping[str, str], wheels: str = "") -> Installation:
        """For this computer; BackendError with the remedy when a Python, the backend or the room are missing.

        It starts programs to ask them and waits for them. variables: as `Pythons.find` takes them.
        """
        folder = Path(wheels) if wheels.strip() else None
        source = _wheel_in(folder) if folder else _source()
        python = Pythons.find(variables, button())
        plan = cls(LocalPaths.free_place(), source, python, build_for(variables.get("PATH", "")), folder)
        plan.check_room()
        return plan

    @property
    def needed_gigabytes(self) -> int:
        return _NEEDED[self.build]

    def check_room(self) -> None:
        """BackendError when the disk has not enough room."""
        disk = next(folder for folder in (self.environment, *self.environment.parents) if folder.exists())
        free = shutil.disk_usage(disk).free / _GIGABYTE
        if free < self.needed_gigabytes:
            words = _(
                "The disk of {disk} has {free} GB free and the backend needs {needed} GB: make room, then press {button} again."
            )
            raise BackendError(
                words.format(disk=disk, free=f"{free:.1f}", needed=self.needed_gigabytes, button=button())
            )

    def consent(self) -> str:
        """What is fetched from where, and where it goes: one paragraph to agree to."""
        words = _(
            "PyTorch {kind} and the backend are installed {origin}, into {environment} (up to {needed} GB), and started.{kept} Slicer's "
            "own Python stays as it is, and no scan leaves this computer."
        )
        kept = _(" What is installed now is kept until the new one works.") if LocalPaths.environment_in_use() else ""
        return words.format(
            kind=_("for the NVIDIA GPU") if self.build == "cuda" else _("for the processor"),
            origin=self._origin(),
            environment=self.environment,
            needed=self.needed_gigabytes,
            kept=kept,
        )

    def making(self) -> Step:
        """Makes the environment, in place of what a cut-off installation left there."""
        return Step(_("Making the environment"), [str(self.python), "-c", _MAKE_ENVIRONMENT, str(self.environment)])

    def steps(self) -> list[Step]:
        """What follows once the environment is there; the last one proves that the backend can run."""
        python = str(LocalPaths.python_in(self.environment))
        told = PipProgress.way_to_tell(self.environment)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", told]
        offline = ["--isolated", "--no-index", "--find-links", str(self.wheels)] if self.wheels else []
        origin = offline or self._torch_index()
        return [
            Step(_("Installing PyTorch"), [*pip, *origin, _TORCH]),
            Step(_("Installing the backend"), [*pip, *offline, self.source]),
            Step(_("Trying the backend"), [python, "-c", _PROVE + (_SEE_GPU if self.build == "cuda" else "")]),
        ]

    def removal(self, folder: Path) -> Step:
        """Removes an environment that is no longer needed."""
        return Step(_("Removing what is no longer needed"), [str(self.python), "-c", _REMOVE, str(folder)])

    def _origin(self) -> str:
        if self.wheels:
            return _("from the folder {folder}; nothing is fetched from a network").format(folder=self.wheels)
        return _("from the Python Package Index and download.pytorch.org")

    def _torch_index(self) -> list[str]:
        """Where pip's own index has another build than the wanted one: on Linux it is CUDA's, on Windows the processor's."""
        if self.build == "cpu" and self.platform.startswith("linux"):
            return ["--extra-index-url", _INDEX + "cpu"]
        if self.build == "cuda" and self.platform == "win32":
            return ["--index-url", _INDEX + "cu126"]
        return []


def button() -> str:
    """The button that begins an installation: Repair where there is an environment to make anew."""
    return _("Repair") if LocalPaths.environment_in_use() else _("Install")


def note_in(line: str) -> str:
    """What a line that an installation printed means for the person, "" for nothing. It is put into words here, for what a program
    prints may be held against its encoding."""
    if line != _NO_GPU:
        return ""
    return _(
        "PyTorch does not see the NVIDIA GPU, so the backend runs on the processor. Update the NVIDIA driver and press Repair to change "
        "that."
    )


def build_for(search_path: str) -> str:
    """The build of PyTorch that fits this computer: "cuda" where an NVIDIA driver is installed, else "cpu"."""
    return "cuda" if shutil.which("nvidia-smi", path=search_path) else "cpu"


def _source() -> str:
    """What came with this module."""
    found = LocalPaths.source_to_install()
    if found is None:
        words = _(
            "This copy of the module came without its backend. Download {homepage} (Code, Download ZIP), unpack it, run 'python -m pip "
            "wheel --wheel-dir wheels .' in its folder with Python 3.11 to 3.13, and choose the folder wheels below."
        )
        raise BackendError(words.format(homepage=HOMEPAGE))
    return str(found)


def _wheel_in(folder: Path) -> str:
    """The newest wheel of the backend in a folder."""
    found = LocalPaths.newest_wheel(folder)
    if found is None:
        words = _(
            "There is no wheel of the backend (mrifoundation-….whl) in {folder}: fill the folder on a computer with a network with 'pip "
            "wheel', then choose it again."
        )
        raise BackendError(words.format(folder=folder))
    return str(found)
