"""One test of a copy of the module, in a process that begins with Slicer, Qt and VTK loaded; see test_planted_mistakes.py.

To load them anew takes longer than most of the tests."""

import multiprocessing
import os
import sys
from multiprocessing import forkserver
from pathlib import Path

LOADED = (
    "numpy",
    "pytest",
    "requests",
    "vtk",
    "vtk.util.numpy_support",
    "slicer",
    "slicer.util",
    "PySide6.QtUiTools",
    "pydicom",
)


def context() -> multiprocessing.context.BaseContext:
    """Whose processes begin with all that is `LOADED`."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(list(LOADED))
    before = sys.path[:]
    # slicer-core takes a folder `slicer` on the path for a part of itself.
    sys.path[:] = _without_this_repository(before)
    try:
        forkserver.ensure_running()
    finally:
        sys.path[:] = before
    return processes


def _without_this_repository(entries: list[str]) -> list[str]:
    repository = Path(__file__).resolve().parents[2]
    folders = repository / "Testing", repository / "MRIFoundation"
    return [entry for entry in entries if not any(Path(entry).resolve().is_relative_to(one) for one in folders)]


def run(folder: Path, test: str, environment: dict[str, str], printed: Path) -> None:
    """Exits as pytest does: 0 passed, 1 failed."""
    out = os.open(printed, os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:] = _without_this_repository(sys.path)  # or the module of the tests that started this one is found
    import pytest

    sys.exit(int(pytest.main(["-x", "-q", f"Testing/slicer/{test}"])))
