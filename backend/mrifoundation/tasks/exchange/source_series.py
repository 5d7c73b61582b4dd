"""The DICOM series that a scan was read from: what SEG and RTSTRUCT refer to and take patient and study from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid, onto
from mrifoundation.tasks.exchange.patient_study import make_valid, odd_note
from mrifoundation.volume.dicom_file import read_header
from mrifoundation.volume.dicom_headers import Frame
from mrifoundation.volume.dicom_series import Series
from mrifoundation.volume.dicom_stack import build_stack
from mrifoundation.volume.itk_image import LPS_TO_RAS
from mrifoundation.volume.source_headers import UIDS, source_series

NOT_DICOM = (
    "is not a DICOM series, and DICOM SEG and RTSTRUCT refer to one; give the series that the scan was read from, "
    "or export NIfTI, seg.nrrd or STL."
)


@dataclass(frozen=True, eq=False)
class Plane:
    """One image of the series. slice: k on the grid. header: index among the headers. frame: its place, direction and spacing, LPS mm."""

    slice: int
    header: int
    frame: Frame


@dataclass(frozen=True, eq=False)
class SourceSeries:
    """headers: one a file, without pixels. planes: the images that make the volume, in its order. grid: as `read_scan` reads it."""

    uid: str
    title: str
    headers: tuple[Dataset, ...]
    planes: tuple[Plane, ...]
    grid: Grid
    notes: tuple[str, ...] = ()

    @property
    def frame_of_reference(self) -> str:
        return str(self.headers[0].FrameOfReferenceUID)


def read_source(path: Path, series: str | None = None) -> SourceSeries:
    """The series in a folder or zip, or around a DICOM file. series: which one, by UID or description; by default as `read_scan`.

    Raises InputError when there is no DICOM series, or its images state no position, or no frame of reference.
    """
    notes: list[str] = []
    with source_series(path, series, notes) as chosen:
        if chosen is None:
            raise InputError(f"'{Path(path).name}' {NOT_DICOM}")
        return _source(chosen, notes)


def _source(series: Series, notes: list[str]) -> SourceSeries:
    stack = build_stack(list(series.frames), series.title, notes)
    if any(frame.position is None or frame.orientation is None for frame in stack.frames):
        raise InputError(f"The images of '{series.title}' state no position, so nothing can refer to them; {_AGAIN}")
    paths = list(dict.fromkeys(frame.path for frame in stack.frames))
    headers = tuple(_header(path, series.title) for path in paths)
    odd = dict.fromkeys(keyword for header in headers for keyword in make_valid(header))
    if odd:
        notes.append(odd_note(list(odd)))
    planes = tuple(
        Plane(round(float(place)), paths.index(frame.path), frame)
        for frame, place in zip(stack.frames, stack.place, strict=True)
    )
    first = stack.frames[0]
    grid = Grid((first.columns, first.rows, stack.slices), LPS_TO_RAS @ stack.affine)
    return SourceSeries(series.uid, series.title, headers, planes, grid, tuple(notes))


_AGAIN = "export the series again from the scanner or PACS."


def _header(path: Path, title: str) -> Dataset:
    header = read_header(path)
    for keyword in ("FrameOfReferenceUID", *UIDS):
        if not header.get(keyword):
            raise InputError(f"An image of '{title}' has no {keyword}, so nothing can refer to it; {_AGAIN}")
    return header


def on_series(mask: np.ndarray, affine: np.ndarray, source: SourceSeries) -> np.ndarray:
    """`mask` on the grid of the series. Raises InputError when that is another grid: an export must not move a border."""
    notes: list[str] = []
    placed = onto(mask, affine, source.grid, notes)
    if notes or np.count_nonzero(placed) != np.count_nonzero(mask):
        raise InputError(
            f"The segments are not on the grid of the series '{source.title}'; "
            "give the series that the scan was read from, or import them onto it first."
        )
    return placed
