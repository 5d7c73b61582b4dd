"""Where the backend of this computer keeps its key, its environment and its command."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE_FOLDER = Path(__file__).resolve().parents[2]
"""The folder that holds the backend's sources when the module runs from a checkout."""

_SCRIPTS = "Scripts" if os.name == "nt" else "bin"
_SUFFIX = ".exe" if os.name == "nt" else ""
_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3", "python")


def read_key() -> str:
    """The key of this computer's backend: $MRIFOUNDATION_KEY, else its key file; "" when there is none yet."""
    if os.environ.get("MRIFOUNDATION_KEY"):
        return os.environ["MRIFOUNDATION_KEY"].strip()
    try:
        return (_user_folder("config") / "service.key").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def environment_folder() -> Path:
    """The virtual environment that the module makes for the backend, apart from Slicer's own Python."""
    return _user_folder("data") / "environment"


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
    for environment in (SOURCE_FOLDER / ".venv", environment_folder()):
        if command_in(environment).is_file():
            return command_in(environment)
    on_path = shutil.which("mrifoundation", path=search_path)
    return Path(on_path) if on_path else None


def find_pythons(search_path: str) -> list[Path]:
    """Pythons of this computer that may make the environment, the newest first; Slicer's own is left alone.

    Being found is no proof that one runs or is of the right version: launchers of version managers are found too.
    """
    found = [shutil.which(name, path=search_path) for name in _PYTHONS]
    return [Path(one) for one in dict.fromkeys(found) if one and "Slicer" not in one]


def source_to_install() -> Path | None:
    """The checkout around this module, when it is one that the backend can be installed from."""
    return SOURCE_FOLDER if (SOURCE_FOLDER / "pyproject.toml").is_file() else None


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
