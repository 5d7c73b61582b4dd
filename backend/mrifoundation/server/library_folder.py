"""The library of a running service: where it lies, which folders clients may add from, and the one open handle on it."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from fastapi import HTTPException

if TYPE_CHECKING:
    from mrifoundation.engine import Engine
    from mrifoundation.library import Case, Library

ROOTS = "MRIFOUNDATION_LIBRARY_ROOTS"


def library_uri() -> str:
    """$MRIFOUNDATION_LIBRARY (a folder or an object store's URI), else `library` in the user's data folder."""
    return os.environ.get("MRIFOUNDATION_LIBRARY") or str(_data_folder() / "library")


def library_roots() -> list[Path]:
    """Folders that a client may name sources in: $MRIFOUNDATION_LIBRARY_ROOTS (separated as in PATH), else the user's home and the
    service's data folder."""
    named = os.environ.get(ROOTS)
    if named:
        return [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    return [Path.home(), _data_folder()]


def keep_out_of_home() -> None:
    """For a service that others can reach: nobody of them looks through the home folder of who runs it, unless it is named."""
    if not os.environ.get(ROOTS):
        os.environ[ROOTS] = str(_data_folder())


def _data_folder() -> Path:
    return Path(platformdirs.user_data_path("mrifoundation", appauthor=False))


class LibraryFolder:
    """Opens the library once, and again with the engine when that is loaded; asked from several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._open: Library | None = None
        self._engine: Engine | None = None
        self.adding = threading.Lock()  # held by the ingest that has its turn; not bound to a thread

    def library(self, engine: "Engine | None") -> "Library":
        from mrifoundation.library import Library  # with LanceDB; the service starts without it

        with self._lock:
            if self._open is None or self._engine is not engine:
                self._open, self._engine = Library.open(library_uri(), engine), engine
            return self._open

    def case(self, engine: "Engine | None", case: str) -> "Case":
        """One case; 404 when there is none."""
        library = self.library(engine)
        found = library.find(case) if library.exists else None
        if found is None:
            raise HTTPException(404, "No case with this id is in the library; list its cases.")
        return found
