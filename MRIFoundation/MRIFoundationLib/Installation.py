"""What an installation of the backend on this computer does, fetches and needs: a plan that is shown before it is run."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from . import LocalPaths
from .Failures import BackendError

_GIGABYTE = 1_000_000_000
_NEEDED = {"cpu": 6, "cuda": 14}  # GB: what ends up in the environment, and the archives that pip unpacks meanwhile
_TORCH = "torch>=2.6"
_INDEX = "https://download.pytorch.org/whl/"
_MAKE_ENVIRONMENT = (
    "import sys, venv; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit('not Python 3.11 to 3.13'); "
    "venv.create(sys.argv[1], clear=True, with_pip=True, symlinks=sys.platform != 'win32')"
)
_PROVE = "import torch, mrifoundation; print('The backend runs with PyTorch', torch.__version__)"


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
    pythons: tuple[Path, ...]
    build: str
    """PyTorch for "cpu" or "cuda"."""
    wheels: Path | None = None
    platform: str = sys.platform

    @classmethod
    def plan(cls, search_path: str, wheels: str = "") -> Installation:
        """For this computer; BackendError with the remedy when a Python, the sources or the room are missing."""
        folder = Path(wheels) if wheels.strip() else None
        pythons = tuple(LocalPaths.find_pythons(search_path))
        if not pythons:
            raise BackendError(
                "No Python was found on this computer: install Python 3.12 from python.org, then press Install again."
            )
        source = _wheel_in(folder) if folder else str(LocalPaths.source_to_install() or "")
        if not source:
            raise BackendError(
                "The backend's sources are not beside this module: choose a folder with its wheels, or install it as its page "
                "says and choose its command."
            )
        plan = cls(LocalPaths.environment_folder(), source, pythons, build_for(search_path), folder)
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
            raise BackendError(
                f"The disk of {disk} has {free:.1f} GB free and the backend needs {self.needed_gigabytes} GB: make room, then "
                "press Install again."
            )

    def consent(self) -> str:
        """What is fetched from where, and where it goes: one paragraph to agree to."""
        kind = "for the NVIDIA GPU" if self.build == "cuda" else "for the processor"
        origin = (
            f"from the folder {self.wheels}; nothing is fetched from a network"
            if self.wheels
            else "from the Python Package Index and download.pytorch.org"
        )
        return (
            f"PyTorch {kind} and the backend are installed {origin}, into {self.environment} (up to {self.needed_gigabytes} GB). "
            "Slicer's own Python stays as it is, and no scan leaves this computer."
        )

    def makers(self) -> list[Step]:
        """Ways to make the environment, one for each Python; the first that works is enough."""
        words = "Making the environment"
        return [Step(words, [str(python), "-c", _MAKE_ENVIRONMENT, str(self.environment)]) for python in self.pythons]

    def steps(self) -> list[Step]:
        """What follows once the environment is there; the last one proves that the backend can run."""
        python = str(LocalPaths.python_in(self.environment))
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
        offline = ["--isolated", "--no-index", "--find-links", str(self.wheels)] if self.wheels else []
        origin = offline or self._torch_index()
        return [
            Step("Installing PyTorch", [*pip, *origin, _TORCH]),
            Step("Installing the backend", [*pip, *offline, self.source]),
            Step("Trying the backend", [python, "-c", _PROVE]),
        ]

    def _torch_index(self) -> list[str]:
        """Where pip's own index has another build than the wanted one: on Linux it is CUDA's, on Windows the processor's."""
        if self.build == "cpu" and self.platform.startswith("linux"):
            return ["--extra-index-url", _INDEX + "cpu"]
        if self.build == "cuda" and self.platform == "win32":
            return ["--index-url", _INDEX + "cu126"]
        return []


def build_for(search_path: str) -> str:
    """The build of PyTorch that fits this computer: "cuda" where an NVIDIA driver is installed, else "cpu"."""
    return "cuda" if shutil.which("nvidia-smi", path=search_path) else "cpu"


def _wheel_in(folder: Path) -> str:
    """The newest wheel of the backend in a folder."""
    found = sorted(folder.glob("mrifoundation-*.whl"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise BackendError(
            f"There is no wheel of the backend (mrifoundation-….whl) in {folder}: fill the folder on a computer with a network "
            "with 'pip wheel', then choose it again."
        )
    return str(found[-1])
