"""Slicer's application as the module's scene code asks for it, around trame-slicer's."""

from __future__ import annotations

from types import SimpleNamespace

import slicer
import slicer.util
from trame_slicer.core import SlicerApp


def start() -> SlicerApp:
    """The one scene of this process with its logics, under the names that it has in Slicer."""
    app = SlicerApp()
    slicer.mrmlScene = app.scene
    slicer.app = SimpleNamespace(applicationLogic=lambda: app.app_logic, testingEnabled=lambda: False)
    slicer.modules = SimpleNamespace(volumes=SimpleNamespace(logic=lambda: app.volumes_logic))
    return app
