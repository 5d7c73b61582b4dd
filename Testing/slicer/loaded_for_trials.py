"""What the trials of planted mistakes need and no mistake is in: run once, before their processes are forked."""

import importlib

import numpy  # noqa: F401
import pydicom  # noqa: F401
import pytest  # noqa: F401
import requests  # noqa: F401
import slicer.util  # noqa: F401
import vtk.util.numpy_support  # noqa: F401
from _pytest.config import default_plugins
from PySide6 import QtCore, QtGui, QtNetwork, QtUiTools, QtWidgets  # noqa: F401

for name in default_plugins:
    importlib.import_module(f"_pytest.{name}")
for module in (QtCore, QtGui, QtWidgets):
    for name in dir(module):
        getattr(module, name)  # PySide6 creates its classes when they are first asked for
