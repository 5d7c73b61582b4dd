"""Surfaces as STL: triangles in patient coordinates, LPS mm, which the file's header states."""

import tempfile
from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid
from mrifoundation.volume.itk_image import LPS_TO_RAS
from mrifoundation.volume.quiet import quiet_libraries

HEADER = "MRIFoundation surface, mm, SPACE=LPS"  # 3D Slicer reads the last word
_FARTHEST = 1e5  # mm from the origin
_RAS = b"SPACE=RAS"


def as_stl(mask: np.ndarray, affine: np.ndarray) -> bytes:
    """The surface of a bool mask [i, j, k] half-way between voxels in and out, so that it encloses exactly their centres. Normals point
    outwards."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    padded = np.pad(mask, 1).astype(np.uint8)
    image = vtk.vtkImageData()
    image.SetDimensions(padded.shape)
    image.SetOrigin(-1, -1, -1)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F"), deep=True))
    surface = vtk.vtkFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 0.5)
    surface.ComputeNormalsOff()
    surface.ComputeGradientsOff()
    placed = _moved(surface, LPS_TO_RAS @ affine)
    if np.linalg.det(affine[:3, :3]) < 0:
        turned = vtk.vtkReverseSense()
        turned.SetInputConnection(placed.GetOutputPort())
        turned.ReverseCellsOn()
        placed = turned
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder:
        path = Path(folder) / "surface.stl"
        writer = vtk.vtkSTLWriter()
        writer.SetInputConnection(placed.GetOutputPort())
        writer.SetFileName(str(path))
        writer.SetFileTypeToBinary()
        writer.SetHeader(HEADER)
        writer.Write()
        return path.read_bytes()


def read_stl(path: Path, grid: Grid, notes: list[str]) -> np.ndarray:
    """bool [i, j, k]: voxels of `grid` whose centres the surface encloses. LPS mm, unless the file says SPACE=RAS.

    Raises InputError when the file holds no triangles.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(path))
    with quiet_libraries():  # VTK's complaints name the file
        reader.Update()
    if not reader.GetOutput().GetNumberOfPolys():
        raise InputError(f"'{path.name}' holds no surface that can be read; export it again as binary STL.")
    points = vtk_to_numpy(reader.GetOutput().GetPoints().GetData())
    if not (np.abs(points) < _FARTHEST).all():  # VTK would walk there, pixel by pixel
        raise InputError(f"'{path.name}' has points that lie nowhere in a patient, so it is damaged; export it again.")
    with open(path, "rb") as file:
        stated = file.read(256).upper()
    space = np.eye(4) if _RAS in stated else LPS_TO_RAS
    if b"SPACE=" not in stated:
        notes.append("The surface does not state its space; LPS mm is assumed, as DICOM has it.")
    in_voxels = _moved(reader, np.linalg.inv(grid.affine) @ space)
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputConnection(in_voxels.GetOutputPort())
    stencil.SetOutputWholeExtent(*(edge for size in grid.shape for edge in (0, size - 1)))
    stencil.SetOutputSpacing(1, 1, 1)
    stencil.SetOutputOrigin(0, 0, 0)
    image = vtk.vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    values = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars())
    return values.reshape(grid.shape, order="F") != 0


def _moved(source, matrix: np.ndarray):
    import vtk

    transform = vtk.vtkTransform()
    transform.SetMatrix(np.asarray(matrix, float).ravel().tolist())
    moved = vtk.vtkTransformPolyDataFilter()
    moved.SetInputConnection(source.GetOutputPort())
    moved.SetTransform(transform)
    return moved
