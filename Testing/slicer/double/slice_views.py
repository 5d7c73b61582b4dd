"""Slice and 3D views drawn off screen by the displayable managers of slicer-core."""

import numpy as np
import slicer
import slicer.util
import vtk
from vtk.util import numpy_support

_IN_SLICES = ("vtkMRMLSegmentationsDisplayableManager2D", "vtkMRMLMarkupsDisplayableManager")
_IN_3D = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
)
_ORIENTATIONS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}


def _of_layout(kind: str, name: str):
    """The node that the layout has made for a view of this name; a second one of its name would never enter the scene."""
    nodes = slicer.util.getNodesByClass(kind)
    return next((node for node in nodes if node.GetLayoutName() == name), None)


class _View:
    """A render window with the displayable managers of its kind."""

    def __init__(self, app, factory, managers, size):
        self.renderer, self.window = vtk.vtkRenderer(), vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetSize(*size)
        self.window.AddRenderer(self.renderer)
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self.window)
        factory.SetMRMLApplicationLogic(app.applicationLogic())
        for name in managers:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self.managers = slicer.vtkMRMLDisplayableManagerGroup()
        self.managers.Initialize(factory, self.renderer)

    def picture(self) -> np.ndarray:
        """uint8 [row, column, rgb]."""
        self.window.Render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self.window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        width, height, _ = grabber.GetOutput().GetDimensions()
        flat = numpy_support.vtk_to_numpy(grabber.GetOutput().GetPointData().GetScalars())
        return np.ascontiguousarray(flat.reshape(height, width, 3)[::-1])


class SliceView(_View):
    """A slice view: Red, Yellow, Green, or one of a layout, with `volume` in its background (None: what is there)."""

    def __init__(self, app, name: str, volume, size: tuple[int, int]):
        super().__init__(app, slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(), _IN_SLICES, size)
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(app.applicationLogic())
        app.applicationLogic().GetSliceLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(app.mrmlScene())
        self.node = _of_layout("vtkMRMLSliceNode", name)
        if self.node:
            self.logic.SetSliceNode(self.node)
        else:
            self.node = self.logic.AddSliceNode(name)
        if name in _ORIENTATIONS:
            self.node.SetOrientation(_ORIENTATIONS[name])
        self.managers.SetMRMLDisplayableNode(self.node)
        self._mapper, actor = vtk.vtkImageMapper(), vtk.vtkActor2D()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        actor.SetMapper(self._mapper)
        actor.GetProperty().SetDisplayLocationToBackground()
        self.renderer.AddViewProp(actor)
        self.logic.ResizeSliceNode(*size)
        if volume:
            self.logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
            self.logic.FitSliceToBackground()

    def picture(self) -> np.ndarray:
        self._mapper.SetInputConnection(self.logic.GetImageDataConnection())
        return super().picture()


class ThreeDView(_View):
    """The 3D view."""

    def __init__(self, app, size: tuple[int, int]):
        super().__init__(app, slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(), _IN_3D, size)
        self._logic = slicer.vtkMRMLViewLogic()
        self._logic.SetMRMLApplicationLogic(app.applicationLogic())
        self._logic.SetMRMLScene(app.mrmlScene())
        node = _of_layout("vtkMRMLViewNode", "1") or self._logic.AddViewNode("1")
        node.SetBoxVisible(False)
        node.SetAxisLabelsVisible(False)
        self.managers.SetMRMLDisplayableNode(node)

    def picture(self) -> np.ndarray:
        self.window.Render()
        self.renderer.GetActiveCamera().SetPosition(0, 1, 0.25)
        self.renderer.GetActiveCamera().SetFocalPoint(0, 0, 0)
        self.renderer.GetActiveCamera().SetViewUp(0, 0, 1)
        self.renderer.ResetCamera()
        self.renderer.GetActiveCamera().Zoom(1.4)
        return super().picture()
