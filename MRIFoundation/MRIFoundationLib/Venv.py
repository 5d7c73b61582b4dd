"""What a Python is told to do with an environment: to make it, with a folder for pip's temporary files, and to remove it."""

from __future__ import annotations

from pathlib import Path

_MAKE = (
    "import os, sys, venv; "
    "venv.create(sys.argv[1], clear=sys.argv[2] == 'clear', with_pip=True, symlinks=sys.platform != 'win32'); "
    "os.makedirs(os.path.join(sys.argv[1], 'temporary'), exist_ok=True)"
)
_REMOVE = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"


def making(python: Path, environment: Path, clear: bool) -> list[str]:
    """clear: what lies there is removed first."""
    return [str(python), "-c", _MAKE, str(environment), "clear" if clear else "keep"]


def removal(python: Path, folder: Path) -> list[str]:
    return [str(python), "-c", _REMOVE, str(folder)]


def room(environment: Path) -> dict[str, str]:
    """The variables by which pip unpacks on the disk whose room was checked: the system's own folder may be small, or in memory. It is
    removed with the environment, also what a pip that was stopped has left."""
    return {name: str(environment / "temporary") for name in ("TMPDIR", "TEMP", "TMP")}
