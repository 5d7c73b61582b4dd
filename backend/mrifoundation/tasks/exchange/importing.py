"""One import: the segments that a file holds, on a grid."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid, onto
from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.volume.content import sniff
from mrifoundation.volume.dicom_file import read_header, read_whole

_SEGMENTATIONS = (SegmentationStorage, "1.2.840.10008.5.1.4.1.1.66.7")  # the second one holds a label map
WITHOUT_GRID = {"rtstruct": "an RTSTRUCT", "stl": "a surface"}


@dataclass(frozen=True, eq=False)
class Imported:
    """kind: dicom-seg | rtstruct | nifti | nrrd | metaimage | stl. segments: on `grid`. notes: plain sentences for the person."""

    kind: str
    segments: tuple[Segment, ...]
    grid: Grid
    notes: tuple[str, ...]


def import_segments(path: Path, grid: Grid | None = None, frame_of_reference: str | None = None) -> Imported:
    """The segments in a DICOM SEG, an RTSTRUCT, a label map (NIfTI, NRRD, MHA), an STL surface or a zip of such surfaces; what the
    file really is decides.

    grid: where they are wanted; None: the file's own, which contours and surfaces have not. A segment that lies outside is left out
    with a note. frame_of_reference: UID of the scan's, where it is known; a note says when a DICOM file is of another one.
    Raises InputError when the file is something else or damaged, or when nothing of it lies on the grid.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"There is no file '{path}'; check the path.")
    with _in_words(path):
        kind = kind_of(path)
    if grid is None and kind in WITHOUT_GRID:
        raise InputError(
            f"'{path.name}' is {WITHOUT_GRID[kind]}, which has no grid of its own; give the scan that it belongs to."
        )
    notes: list[str] = []
    with _in_words(path):
        if frame_of_reference and kind in ("dicom-seg", "rtstruct"):
            notes += _note_other_frame(path, frame_of_reference)
        segments, grid = _read(path, kind, grid, notes)
    inside = [segment for segment in segments if segment.mask.any()]
    outside = [segment.name for segment in segments if not segment.mask.any()]
    if not inside:
        reason = (
            "lies outside this scan; is it of another one?" if segments else "holds no region; choose another file."
        )
        raise InputError(f"'{path.name}' {reason}")
    if outside:
        notes.append(f"Empty or outside the scan, and left out: {', '.join(outside)}.")
    return Imported(kind, tuple(inside), grid, tuple(notes))


def kind_of(path: Path) -> str:
    """Which kind of file it is, as in `Imported`. Raises InputError when it is none that can be imported."""
    content = sniff(path)
    if content.kind == "dicom" and not content.gzipped:
        header = read_header(path)
        if header.get("SOPClassUID") in _SEGMENTATIONS:
            return "dicom-seg"
        if header.get("SOPClassUID") == RTStructureSetStorage:
            return "rtstruct"
        raise InputError(f"'{path.name}' is DICOM but neither SEG nor RTSTRUCT; give one of these.")
    if content.kind in ("nifti", "nrrd", "metaimage"):
        return content.kind
    if content.kind == "zip" or (path.suffix.lower() == ".stl" and not content.readable):
        return "stl"
    raise InputError(
        f"'{path.name}' holds no contours that can be read; give DICOM SEG, RTSTRUCT, NIfTI, NRRD, MHA, STL or a zip of STL."
    )


def _note_other_frame(path: Path, wanted: str) -> list[str]:
    header = read_header(path)
    items = [header, *(header.get("ReferencedFrameOfReferenceSequence") or ())]
    stated = {str(item.FrameOfReferenceUID) for item in items if item.get("FrameOfReferenceUID")}
    if not stated or wanted in stated:
        return []
    return ["The file was made in another frame of reference than this scan; check that both are of one examination."]


def _read(path: Path, kind: str, grid: Grid | None, notes: list[str]) -> tuple[list[Segment], Grid]:
    if kind == "rtstruct":
        from mrifoundation.tasks.exchange.rtstruct_reading import read_rtstruct

        return read_rtstruct(read_whole(path), grid, notes), grid
    if kind == "dicom-seg":
        from mrifoundation.tasks.exchange.dicom_seg import read_dicom_seg

        return read_dicom_seg(path, grid, notes)
    if kind == "stl":
        from mrifoundation.tasks.exchange.surface_reading import read_surfaces

        return read_surfaces(path, grid, notes), grid
    from mrifoundation.tasks.exchange.label_files import read_label_file

    segments, own = read_label_file(path, kind)
    if grid is None:
        return segments, own
    return [replace(one, mask=onto(one.mask, own.affine, grid, notes)) for one in segments], grid


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Whatever a library trips over in a damaged file, the person gets a sentence."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"There is not enough memory to read '{path.name}'; close other programs.") from error
    except Exception as error:
        raise InputError(f"'{path.name}' could not be read; it is damaged or unusual: export it again.") from error
