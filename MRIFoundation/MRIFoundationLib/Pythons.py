"""Finding a Python of this computer that can make the backend's environment; Slicer's own is left alone. No Qt, no MRML."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from . import Rosetta
from .Failures import BackendError
from .Sentence import Sentence
from .Sentence import translatable as _

_OLDEST, _NEWEST = (3, 11), (3, 13)  # highdicom's codec has no wheel for 3.14 yet
_MACHINES = {"darwin": ("arm64",), "win32": ("amd64",)}.get(sys.platform, ("x86_64", "aarch64"))
"""For which processors there are wheels of all that the backend needs."""
_NAMES = ("python3.13", "python3.12", "python3.11", "python3", "python")
_USUAL = {
    "darwin": ("/opt/homebrew/bin", "/usr/local/bin", "/Library/Frameworks/Python.framework/Versions/*/bin"),
    "win32": ("{LOCALAPPDATA}/Programs/Python/Python3*", "{PROGRAMFILES}/Python3*", "{SYSTEMDRIVE}/Python3*"),
}
"""Where installers put Python without telling the search path: a program started from the Dock or the menu sees little of it."""

_TELL = (
    "import platform, sys, sysconfig; "
    "machine = sysconfig.get_platform().split('-')[-1] if sys.platform == 'win32' else platform.machine(); "
    "print('%d %d %d %s' % (sys.version_info[0], sys.version_info[1], sys.maxsize > 2**32, machine)); "
    "print(sys.executable); import ensurepip, venv"
)  # on Windows platform.machine() may tell of the computer, not of this Python
_PATIENCE = 30.0  # seconds; a virus scanner may look at a Python for long before it lets it run


@dataclass(frozen=True)
class Python:
    """What a Python tells of itself."""

    executable: Path
    version: tuple[int, int]
    is_64_bit: bool
    machine: str
    """The processor that it runs on, or that is feigned to it."""
    makes_environments: bool

    @property
    def fits(self) -> bool:
        """Whether the backend and PyTorch exist for it."""
        return _OLDEST <= self.version <= _NEWEST and self.is_64_bit and self._has_wheels

    @property
    def _has_wheels(self) -> bool:
        return self.machine.lower() in _MACHINES

    def in_words(self) -> Sentence:
        """Where it is and which it is."""
        if not self.is_64_bit:
            words = _("{python} is {version} with 32 bits")
        elif not self._has_wheels:
            words = _("{python} is {version} for another processor, {machine}")
        else:
            words = _("{python} is {version}")
        return words.format(python=self.executable, version=_dotted(self.version), machine=self.machine)


def find(variables: Mapping[str, str], button: str) -> Path:
    """The first Python that fits, on the search path or where installers put it; each is asked, for being found proves nothing:
    launchers of version managers are found too.

    variables: those of the environment, on Windows in capitals. Raises BackendError with the remedy, which ends in `button`.
    """
    met = []
    for command in candidates(variables):
        python = _ask(command, variables)
        if python and python.fits and python.makes_environments:
            return python.executable
        if python:
            met.append(python)
    raise _none_fits(met, button)


def candidates(variables: Mapping[str, str], platform: str = sys.platform) -> Iterator[list[str]]:
    """Commands that may start a Python, the newest first and none twice. What only stands in for a Python is left out: on Windows what
    opens the shop, on a Mac what asks to install Apple's tools for developers."""
    folders = [*variables.get("PATH", "").split(os.pathsep), *_usual_folders(variables, platform)]
    if platform == "darwin":
        folders = [folder for folder in folders if os.path.normpath(folder) != "/usr/bin"]
    suffix, seen = ".exe" if platform == "win32" else "", set()
    for name in _NAMES:
        yield from _launched(name, folders) if platform == "win32" else ()
        for folder in folders:
            found = shutil.which(name + suffix, path=folder) if folder else None
            if found and found not in seen and "Slicer" not in found and "WindowsApps" not in found:
                seen.add(found)
                yield [found]


def _usual_folders(variables: Mapping[str, str], platform: str) -> list[str]:
    found = []
    for pattern in _USUAL.get(platform, ("/usr/local/bin", "/usr/bin")):
        try:
            found += sorted(glob.glob(pattern.format_map(variables)), key=_as_numbers, reverse=True)
        except KeyError:  # a variable that this Windows does not have
            continue
    return found


def _as_numbers(folder: str) -> list[int]:
    return [int(digits) for digits in "".join(one if one.isdigit() else " " for one in folder).split()]


def _launched(name: str, folders: list[str]) -> Iterator[list[str]]:
    """The launcher of python.org knows Pythons that are in no search path."""
    launcher = shutil.which("py.exe", path=os.pathsep.join(folders))
    version = name[len("python") :]
    if launcher and "." in version:
        yield [launcher, f"-{version}"]


def _ask(command: list[str], variables: Mapping[str, str]) -> Python | None:
    """What it tells of itself; None when it does not start."""
    try:
        asked = subprocess.run(
            Rosetta.natively([*command, "-c", _TELL]),
            env={**variables, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        version, executable = asked.stdout.decode("utf-8", "replace").splitlines()[:2]
        *numbers, machine = version.split()
        major, minor, is_64_bit = map(int, numbers)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Python(Path(executable), (major, minor), bool(is_64_bit), machine, asked.returncode == 0)


def _none_fits(met: list[Python], button: str) -> BackendError:
    for python in met:
        if python.fits:
            words = _(
                "{python} lacks the part of Python that makes environments: install it (on Debian and Ubuntu: sudo apt install "
                "python{version}-venv), then press {button} again."
            )
            return BackendError(words.format(python=python.executable, version=_dotted(python.version), button=button))
    words = _(
        "No Python {oldest} to {newest} was found on this computer{instead}: install Python 3.12 from python.org, then press {button} "
        "again."
    )
    instead = (
        _(" ({pythons})").format(pythons=reduce(_listed, [python.in_words() for python in met[:3]])) if met else ""
    )
    return BackendError(words.format(oldest=_dotted(_OLDEST), newest=_dotted(_NEWEST), instead=instead, button=button))


def _listed(pythons: Sentence, another: Sentence) -> Sentence:
    return _("{pythons}; {another}").format(pythons=pythons, another=another)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
