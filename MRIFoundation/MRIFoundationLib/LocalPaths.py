"""Where the backend of this computer keeps its key, its environment and its command."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE_FOLDER = Path(__file__).resolve().parents[2]
"""The folder that holds the backend's sources when the module runs from a checkout."""
PACKAGED_FOLDER = Path(__file__).resolve().parents[1] / "Resources/Backend"
"""The folder that holds the backend's wheel when the module comes as a package (BackendWheel.cmake)."""

_PLACES = ("environment", "environment-2")
_MARK = "mrifoundation-in-use"
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"
_SUFFIX = ".exe" if os.name == "nt" else ""


def read_key() -> str:
    """The key of this computer's backend: $MRIFOUNDATION_KEY, else its key file; "" when there is none yet."""
    if os.environ.get("MRIFOUNDATION_KEY"):
        return os.environ["MRIFOUNDATION_KEY"].strip()
    try:
        return (_user_folder("config") / "service.key").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def environment_in_use() -> Path | None:
    """The virtual environment that the module made for the backend and proved, apart from Slicer's own Python."""
    return next((place for place in _places() if (place / _MARK).is_file()), None)


def free_place() -> Path:
    """Where the next environment is made. An environment cannot be moved, hence two places that take turns."""
    return next(place for place in _places() if place != environment_in_use())


def take_into_use(environment: Path) -> Path | None:
    """From now on this environment is the one in use; gives the one that was."""
    before = environment_in_use()
    if before:
        (before / _MARK).replace(environment / _MARK)  # at no moment do both have it, or none
    else:
        (environment / _MARK).touch()
    return before


def _places() -> list[Path]:
    return [_user_folder("data") / name for name in _PLACES]


def command_in(environment: Path) -> Path:
    """The backend's command inside a virtual environment."""
    return environment / _SCRIPTS / f"mrifoundation{_SUFFIX}"


def python_in(environment: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return environment / _SCRIPTS / f"python{_SUFFIX}"


def find_command(chosen: str, search_path: str) -> Path | None:
    """The backend's command: the chosen one, else that of the checkout, of the module's environment, or on the
    search path."""
    if chosen:
        return Path(chosen) if Path(chosen).is_file() else None
    for environment in (SOURCE_FOLDER / ".venv", environment_in_use()):
        if environment and command_in(environment).is_file():
            return command_in(environment)
    on_path = shutil.which("mrifoundation", path=search_path)
    return Path(on_path) if on_path else None


def source_to_install() -> Path | None:
    """What comes with this module to install the backend from: the checkout around it, else the wheel in its package."""
    if (SOURCE_FOLDER / "pyproject.toml").is_file():
        return SOURCE_FOLDER
    return newest_wheel(PACKAGED_FOLDER)


def constraints_with(source: Path) -> Path | None:
    """The versions that were tested together with this source: in the checkout, or beside the wheel; None where they are not told, as
    in a folder of wheels that holds one version of each in any case."""
    lies = source / "deploy/constraints.txt" if source.is_dir() else source.parent / "constraints.txt"
    return lies if lies.is_file() else None


def newest_wheel(folder: Path) -> Path | None:
    """The newest wheel of the backend in a folder."""
    return max(folder.glob("mrifoundation-*.whl"), key=lambda path: path.stat().st_mtime, default=None)


def _user_folder(kind: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder `mrifoundation` for the user's "config" or "data", where each platform keeps such things."""
    home = Path.home()
    if os.name == "nt":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData/Local")
    elif sys.platform == "darwin":
        base = home / "Library/Application Support"
    else:
        variable, usual = {"config": ("XDG_CONFIG_HOME", ".config"), "data": ("XDG_DATA_HOME", ".local/share")}[kind]
        base = Path(environment.get(variable) or home / usual)
    return base / "mrifoundation"
