"""What an installation of the backend on this computer does, fetches and needs: a plan that is shown before it is run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import LocalPaths, PipProgress, Pythons, Rosetta, TorchBuild, Venv
from .Failures import BackendError
from .FetchedPython import VERSION, FetchedPython
from .FoundPython import FoundPython
from .Sentence import Sentence
from .Sentence import translatable as _
from .Step import Step

HOMEPAGE = "https://github.com/MRIFoundation/MRIFoundation"
_GIGABYTE = 1_000_000_000
_NEEDED = {False: 6, True: 14}  # GB, True with a GPU's libraries: the environment, and what pip unpacks meanwhile
_TORCH = "torch>=2.6"
_PROVE = "import torch, mrifoundation; print('The backend runs with PyTorch', torch.__version__)"
_NO_GPU = "mrifoundation: no GPU"
_TRY_GPU = f"""
try:
    (torch.ones(1, device='cuda') + 1).item()
except Exception as error:
    print(error)
    print('{_NO_GPU}')
"""


@dataclass(frozen=True)
class Installation:
    """An environment of its own for the backend. `wheels`: a folder to install from without a network."""

    environment: Path
    source: str
    maker: FoundPython | FetchedPython
    """What makes the environment."""
    build: TorchBuild.TorchBuild
    wheels: Path | None = None
    constraints: Path | None = None
    """The versions that were tested together."""
    platform: str = sys.platform

    @classmethod
    def plan(cls, variables: Mapping[str, str], wheels: str = "") -> Installation:
        """For this computer; BackendError with the remedy when a Python, the backend or the room are missing.

        It starts programs to ask them and waits for them. variables: as `Pythons.find` takes them.
        """
        folder = Path(wheels) if wheels.strip() else None
        source = _wheel_in(folder) if folder else _source()
        build = TorchBuild.fitting(variables, button())
        maker = _maker(variables, can_fetch=folder is None)
        plan = cls(LocalPaths.free_place(), str(source), maker, build, folder, LocalPaths.constraints_with(source))
        plan.check_room()
        return plan

    @property
    def python(self) -> Path:
        """The Python that makes the environment, or fetches one that does."""
        return self.maker.path

    @property
    def needed_gigabytes(self) -> int:
        return _NEEDED[self.build.uses_gpu]

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
            kind=self.build.kind,
            origin=self._origin(),
            environment=self.environment,
            needed=self.needed_gigabytes,
            kept=kept,
        )

    def making(self) -> Iterator[Step]:
        """Makes the environment, in place of what a cut-off installation left there."""
        return self.maker.making(self.environment)

    def steps(self) -> list[Step]:
        """What follows once the environment is there; the last one proves that the backend can run."""
        offline = ["--isolated", "--no-index", "--find-links", str(self.wheels)] if self.wheels else []
        # What PyTorch needs comes with the rest: its own index has but some versions of it.
        torch = [*(offline or self._torch_index()), "--no-deps", _TORCH]
        return [
            self._pip(_("Installing PyTorch"), torch),
            self._pip(_("Installing the backend"), [*offline, self.source]),
            Step(_("Trying the backend"), self._python("-c", _PROVE + (_TRY_GPU if self.build.uses_gpu else ""))),
        ]

    def removal(self, folder: Path) -> Step:
        """Removes an environment that is no longer needed."""
        return self.maker.removal(folder)

    def _pip(self, words: Sentence, what: list[str]) -> Step:
        told = PipProgress.way_to_tell(self.environment)
        pip = self._python(
            "-m", "pip", "--disable-pip-version-check", "install", "--no-cache-dir", "--progress-bar", told
        )
        tested = ["-c", str(self.constraints)] if self.constraints else []
        return Step(words, [*pip, *tested, *what], Venv.room(self.environment))

    def _python(self, *arguments: str) -> list[str]:
        return Rosetta.natively([str(LocalPaths.python_in(self.environment)), *arguments])

    def _origin(self) -> Sentence:
        if self.wheels:
            return _("from the folder {folder}; nothing is fetched from a network").format(folder=self.wheels)
        if isinstance(self.maker, FetchedPython):
            words = _(
                "from the Python Package Index and download.pytorch.org, with a Python {version} of their own from python-build-standalone "
                "(releases.astral.sh or github.com), as none that fits was found on this computer"
            )
            return words.format(version=VERSION)
        return _("from the Python Package Index and download.pytorch.org")

    def _torch_index(self) -> list[str]:
        index = self.build.index(self.platform)
        return ["--index-url", index] if index else []


def button() -> str:
    """The button that begins an installation: Repair where there is an environment to make anew."""
    return _("Repair") if LocalPaths.environment_in_use() else _("Install")


def note_in(line: str) -> str:
    """What a line that an installation printed means for the person, "" for nothing. It is put into words here, for what a program
    prints may be held against its encoding."""
    if line != _NO_GPU:
        return ""
    return _(
        "PyTorch cannot compute on the NVIDIA GPU, so the backend runs on the processor. Update the NVIDIA driver and press Repair to "
        "change that."
    )


def _maker(variables: Mapping[str, str], can_fetch: bool) -> FoundPython | FetchedPython:
    """A Python of this computer, else one that is fetched where that may be and can be."""
    try:
        return FoundPython(Pythons.find(variables, button()))
    except BackendError:
        fetched = FetchedPython.possible() if can_fetch else None
        if fetched is None:
            raise
        return fetched


def _source() -> Path:
    """What came with this module."""
    found = LocalPaths.source_to_install()
    if found is None:
        words = _(
            "This copy of the module came without its backend. Download {homepage} (Code, Download ZIP), unpack it, run 'python -m pip "
            "wheel -c deploy/constraints.txt --wheel-dir wheels .' in its folder with Python 3.11 to 3.13, and choose the folder wheels "
            "below."
        )
        raise BackendError(words.format(homepage=HOMEPAGE))
    return found


def _wheel_in(folder: Path) -> Path:
    """The newest wheel of the backend in a folder."""
    found = LocalPaths.newest_wheel(folder)
    if found is None:
        words = _(
            "There is no wheel of the backend (mrifoundation-….whl) in {folder}: fill the folder on a computer with a network with 'pip "
            "wheel', then choose it again."
        )
        raise BackendError(words.format(folder=folder))
    return found
