"""Surfaces as STL: triangles in patient coordinates, LPS mm, which the file's header states beside the name."""

import tempfile
from pathlib import Path

import numpy as np

from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.volume.itk_image import LPS_TO_RAS

HEADER_BYTES = 80
NAMED = "MRIFoundation surface of '{name}', mm, SPACE=LPS"  # 3D Slicer reads the last word
_UNNAMED = "MRIFoundation surface, mm, SPACE=LPS"


def as_stl(segment: Segment, affine: np.ndarray) -> bytes:
    """The surface of its mask [i, j, k] half-way between voxels in and out, so that it encloses exactly their centres, and not smoothed.

    affine: index → RAS mm, 4×4. Normals point outwards. The name is in the header where it fits.
    """
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    padded = np.pad(segment.mask, 1).astype(np.uint8)
    image = vtk.vtkImageData()
    image.SetDimensions(padded.shape)
    image.SetOrigin(-1, -1, -1)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F"), deep=True))
    surface = vtk.vtkFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 0.5)
    surface.ComputeNormalsOff()
    surface.ComputeGradientsOff()
    transform = vtk.vtkTransform()
    transform.SetMatrix((LPS_TO_RAS @ affine).ravel().tolist())
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetInputConnection(surface.GetOutputPort())
    placed.SetTransform(transform)
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
        writer.SetHeader(_header(segment.name))
        writer.Write()
        return path.read_bytes()


def _header(name: str) -> str:
    """With the name, unless that is too long, or could be taken for a statement like SPACE=RAS, which programs find anywhere in it."""
    named = NAMED.format(name=name)
    fits = len(named.encode()) <= HEADER_BYTES and name.isprintable() and "=" not in name
    return named if fits else _UNNAMED
