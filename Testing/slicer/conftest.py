"""Fixtures: the module on its double of Slicer, and a real backend on the loopback address."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MODULE_FOLDER = HERE.parents[1] / "MRIFoundation"
sys.path[:0] = [str(HERE), str(MODULE_FOLDER)]


def _missing() -> str:
    """What keeps the double from running here, "" for nothing."""
    for name, package in (("slicer", "slicer-core"), ("PySide6", "PySide6-Essentials"), ("vtk", "vtk")):
        if importlib.util.find_spec(name) is None:
            return f"{package} is not installed: pip install {package}"
    try:
        import PySide6.QtWidgets
        import slicer  # noqa: F401
    except ImportError as error:
        return f"a system library is missing ({error}): apt-get install libegl1 libgl1 libopengl0 libxkbcommon0 libdbus-1-3 libfontconfig1"
    return ""


@pytest.fixture(scope="session")
def slicer_app():
    """Slicer's application, as far as the double has it."""
    missing = _missing()
    if missing:
        pytest.skip(missing)
    from double import application, blocking

    app = application.start()
    blocking.watch(MODULE_FOLDER)
    return app


@pytest.fixture
def scene(slicer_app):
    """An empty scene; whatever Qt or VTK would only have printed fails the test."""
    import slicer
    from double import faults

    slicer.mrmlScene.Clear()
    faults.take()
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear()
    assert not (taken := faults.take()), "\n".join(taken)


@pytest.fixture(scope="session")
def module(slicer_app):
    """The module's file, loaded as Slicer loads it."""
    from double import scripted_module

    return scripted_module.load(MODULE_FOLDER / "MRIFoundation.py")


@pytest.fixture
def panel(scene, module):
    """The module opened, before any backend was asked."""
    from double import scripted_module

    widget = scripted_module.open_panel(module)
    yield widget
    scripted_module.close_panel(widget)
