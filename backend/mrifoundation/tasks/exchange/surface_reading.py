"""Reading surfaces: one STL file, or a zip of several, as voxels of a grid."""

import re
from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid, check_room
from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.tasks.exchange.surface_writing import HEADER_BYTES, NAMED
from mrifoundation.volume.archive import unzipped
from mrifoundation.volume.content import sniff
from mrifoundation.volume.itk_image import LPS_TO_RAS
from mrifoundation.volume.quiet import quiet_libraries

LARGEST = 256 << 20  # bytes of one file: five million triangles
_FARTHEST = 1e5  # mm from the origin
_LONGEST_WAY = 3e8  # rows of voxels that all triangles cross together; five million small ones cross 1e7
_NAMED = re.compile(re.escape(NAMED).replace(re.escape("{name}"), "(.+)"))
_NUMBER = re.compile(r"^\d{2,} ")  # which keeps several surfaces in their order
_SPACE = re.compile(rb"SPACE=(LPS|RAS)", re.IGNORECASE)
_NO_SPACE = "A surface does not state its space; LPS mm is assumed, as DICOM has it."


def read_surfaces(path: Path, grid: Grid, notes: list[str]) -> list[Segment]:
    """A segment for each surface: the voxels of `grid` whose centres it encloses, an empty mask where it lies outside.

    path: an STL file, text or binary, or a zip of such files. Its points are LPS mm, unless the header says SPACE=RAS as 3D Slicer's
    may; a note tells when it says neither. A segment is called as the header names it where MRIFoundation wrote the file, else as the
    file. Raises InputError when a file is too large or damaged, holds no triangles, or a surface that is open and so has no inside.
    """
    if sniff(path).kind != "zip":
        return [_segment(path, path.stem, grid, notes)]
    with unzipped(path, path.name) as folder:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".stl" and file.is_file())
        files = [file for file in files if not file.name.startswith(".")]  # what macOS adds beside each
        if not files:
            raise InputError(f"'{path.name}' is a zip without an STL surface; give contours of other kinds unpacked.")
        check_room(len(files), grid, path.name)
        return [_segment(file, _NUMBER.sub("", file.stem), grid, notes) for file in files]


def _segment(path: Path, name: str, grid: Grid, notes: list[str]) -> Segment:
    points, corners = _triangles(path)
    _check_closed(corners, path.name)
    with open(path, "rb") as file:
        start = file.read(256)
    space = _SPACE.search(start)
    if space is None and _NO_SPACE not in notes:
        notes.append(_NO_SPACE)
    named = _NAMED.match(start[:HEADER_BYTES].decode(errors="replace"))
    to_ras = np.eye(4) if space and space[1].upper() == b"RAS" else LPS_TO_RAS
    to_index = np.linalg.inv(grid.affine) @ to_ras
    points = points @ to_index[:3, :3].T + to_index[:3, 3]
    _check_way(points, corners, grid, path.name)
    return Segment(named[1] if named else name, _enclosed(points, corners, grid))


def _triangles(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """float32 [n, 3], mm, each point once; int64 [m, 3], the points of each triangle."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    if path.stat().st_size > LARGEST:
        raise InputError(
            f"'{path.name}' is larger than the {LARGEST >> 20} MiB that a surface may have; "
            "reduce its triangles (in 3D Slicer: Surface Toolbox, Decimate) and export it again."
        )
    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(path))
    with quiet_libraries():  # VTK's complaints name the file
        reader.Update()
    surface = reader.GetOutput()
    if not surface.GetNumberOfPolys():
        raise InputError(f"'{path.name}' holds no surface that can be read; export it again as binary STL.")
    points = vtk_to_numpy(surface.GetPoints().GetData())
    if not (np.abs(points) < _FARTHEST).all():  # VTK would walk there, pixel by pixel
        raise InputError(f"'{path.name}' has points that lie nowhere in a patient, so it is damaged; export it again.")
    return points, vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)


def _check_closed(corners: np.ndarray, name: str) -> None:
    """Every edge of a surface that has an inside belongs to two triangles, or to four where it touches itself."""
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges @ (corners.max() + 1, 1), return_counts=True)
    loose = np.count_nonzero(uses % 2)
    if loose:
        raise InputError(
            f"The surface in '{name}' is open ({loose} edges have a triangle on one side only), so nothing is inside; "
            "close its holes (in 3D Slicer: Surface Toolbox, Fill holes) and export it again."
        )


def _check_way(points: np.ndarray, corners: np.ndarray, grid: Grid, name: str) -> None:
    """Filling takes as long as triangles are large. points: as of `_enclosed`."""
    slices = 1 + np.ptp(np.clip(points[:, 2], 0, grid.shape[2])[corners], axis=1)
    rows = 1 + np.ptp(points[:, 1][corners], axis=1)
    if slices @ rows > _LONGEST_WAY:
        raise InputError(f"The triangles of '{name}' go to and fro without end, so it is damaged; export it again.")


def _enclosed(points: np.ndarray, corners: np.ndarray, grid: Grid) -> np.ndarray:
    """bool [i, j, k]. points: float64 [n, 3], in indices of the grid, so that its direction and spacing do not matter."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

    surface, places, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    places.SetData(numpy_to_vtk(points, deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(corners.ravel(), deep=True))
    surface.SetPoints(places)
    surface.SetPolys(cells)
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(surface)
    stencil.SetOutputWholeExtent(*(edge for size in grid.shape for edge in (0, size - 1)))
    stencil.SetOutputSpacing(1, 1, 1)
    stencil.SetOutputOrigin(0, 0, 0)
    image = vtk.vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    values = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars())
    return values.reshape(grid.shape, order="F") != 0
