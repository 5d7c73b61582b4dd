"""`slicer.app`, `slicer.mrmlScene` and `slicer.modules` around the real scene and logics of slicer-core."""

import os
import sys
import tempfile
import types

import slicer
import slicer.util  # the real one; it looks the application up when it is called
import vtk
from PySide6.QtCore import Signal

from . import ctk_widgets, dicom_database, faults, parameter_node, pythonqt, qmrml_widgets, scripted_module
from .ui_loader import UiLoader

_application = None
_layouts = slicer.vtkMRMLLayoutLogic()  # makes the layout node and, for each layout, its view nodes


def start():
    """The one application of this process."""
    global _application
    if _application is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        faults.catch_unhandled()
        vtk.vtkOutputWindow.GetInstance().SetDisplayModeToAlwaysStdErr()
        qt = pythonqt.build()
        qt.QUiLoader = UiLoader
        _register_widgets()
        _application = _make(qt)
        scripted_module.register()
        parameter_node.register()
    return _application


def _register_widgets() -> None:
    ctk = types.ModuleType("ctk")
    for cls in (ctk_widgets.ctkCollapsibleButton, ctk_widgets.ctkCollapsibleGroupBox, ctk_widgets.ctkPathLineEdit):
        setattr(ctk, cls.__name__, cls)
        UiLoader.custom_widgets[cls.__name__] = cls
    for cls in qmrml_widgets.slicer_widgets:
        setattr(slicer, cls.__name__, cls)
        UiLoader.custom_widgets[cls.__name__] = cls
    ctk.ctkDICOMIndexer = dicom_database.ctkDICOMIndexer
    sys.modules["ctk"] = ctk


def _make(qt):
    class qSlicerApplication(qt.QApplication):
        """The part of Slicer's application that the module and slicer.util ask for."""

        startupCompleted = Signal()

        def __init__(self):
            super().__init__(["Slicer"])
            self._logic, self._scene = _scene_with_logics()
            self._settings = qt.QSettings(tempfile.mkdtemp() + "/Slicer.ini", qt.QSettings.IniFormat)

        def applicationLogic(self):
            return self._logic

        def mrmlScene(self):
            return self._scene

        def userSettings(self):
            return self._settings

        def startupEnvironment(self):
            return qt.QProcessEnvironment.systemEnvironment()

        def testingEnabled(self):
            return True

    application = qSlicerApplication()
    slicer.app, slicer.mrmlScene = application, application.mrmlScene()
    return application


def _scene_with_logics():
    scene, logic = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    for singleton in (slicer.vtkMRMLSelectionNode(), slicer.vtkMRMLInteractionNode()):
        singleton.SetSingletonTag("Singleton")
        scene.AddNode(singleton)
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)
    cache, files = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(tempfile.mkdtemp())  # where a scene bundle is unpacked
    files.SetCacheManager(cache)
    scene.SetCacheManager(cache)
    scene.SetDataIOManager(files)
    logic.SetMRMLScene(scene)
    logic.SetSliceLogics(vtk.vtkCollection())
    logic.SetViewLogics(vtk.vtkCollection())
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    _layouts.SetMRMLScene(scene)
    colors = logic.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    logic.SetModuleLogic("Colors", colors)
    slicer.modules = sys.modules["slicer.modules"] = types.ModuleType("slicer.modules")
    for name, made in (
        ("Volumes", slicer.vtkSlicerVolumesLogic()),
        ("Segmentations", slicer.vtkSlicerSegmentationsModuleLogic()),
        ("Markups", slicer.vtkSlicerMarkupsLogic()),
    ):
        made.SetMRMLScene(scene)
        made.SetMRMLApplicationLogic(logic)
        logic.SetModuleLogic(name, made)
        setattr(slicer.modules, name.lower(), scripted_module.CoreModule(name, made))
    return logic, scene
