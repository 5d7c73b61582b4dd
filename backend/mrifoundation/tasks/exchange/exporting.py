"""One export: segments on a grid as the bytes of a file."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid
from mrifoundation.tasks.exchange.identity import identify
from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.tasks.exchange.source_series import NOT_DICOM, SourceSeries, on_series

FORMATS = ("dicom-seg", "rtstruct", "nifti", "seg.nrrd", "stl")
DICOM = ("dicom-seg", "rtstruct")
DESCRIPTION = "MRIFoundation contours, research only"


@dataclass(frozen=True)
class Exported:
    """content: the file's bytes. suffix: its ending, with the dot. notes: plain sentences for the person."""

    content: bytes
    suffix: str
    media_type: str
    notes: tuple[str, ...] = ()


def export_segments(
    kind: str,
    segments: Sequence[Segment],
    grid: Grid,
    source: SourceSeries | None = None,
    description: str = "",
    vocabulary: Vocabulary | None = None,
) -> Exported:
    """The file of a format. kind: one of FORMATS. segments: on `grid`. source: what DICOM formats refer to. description: of the
    DICOM series.

    Names of structures and organs at risk bring their SNOMED code, colour and TG-263 name. Several surfaces become a zip of one STL each.
    A DICOM format leaves out, with a note, what lies only on slices without an image. Raises InputError when it has no source, another grid
    or nothing else to write, a segment is empty, two would have one name, or segments overlap in a label map.
    """
    _check(segments, grid)
    vocabulary = vocabulary or Vocabulary.load()
    _check_names(segments, lambda one: identify(one, vocabulary).written if kind == "rtstruct" else one.name)
    if kind in DICOM:
        return _dicom(kind, segments, grid, source, description or DESCRIPTION, vocabulary)
    if kind == "stl":
        return _surfaces(segments, grid)
    if kind not in FORMATS:
        raise InputError(f"'{kind}' is no format; choose one of {', '.join(FORMATS)}.")
    from mrifoundation.tasks.exchange.label_files import as_label_file

    suffix = ".nii.gz" if kind == "nifti" else ".seg.nrrd"
    media = "application/gzip" if kind == "nifti" else "application/octet-stream"
    return Exported(as_label_file(segments, grid.affine, suffix, vocabulary), suffix, media)


def _check(segments: Sequence[Segment], grid: Grid) -> None:
    if not segments:
        raise InputError("There is nothing to export; choose at least one segment.")
    for segment in segments:
        if not segment.name.strip():
            raise InputError("A segment has no name; name it, so that whoever opens the file knows what it is.")
        if segment.mask.shape != tuple(grid.shape):
            raise InputError(f"'{segment.name}' is not on the scan's grid; export it with the scan it was drawn on.")
        if not segment.mask.any():
            raise InputError(f"'{segment.name}' is empty; draw it first or leave it out.")


def _check_names(segments: Sequence[Segment], written: Callable[[Segment], str]) -> None:
    """written: what the file calls a segment. Programs that tell capitals from small letters are not the only ones that read it."""
    owner: dict[str, str] = {}
    for segment in segments:
        name = written(segment)
        other = owner.get(name.casefold())
        if other == segment.name:
            raise InputError(f"Two segments are called '{other}'; give each a name of its own.")
        if other is not None:
            raise InputError(f"'{other}' and '{segment.name}' would both be called '{name}' in the file; rename one.")
        owner[name.casefold()] = segment.name


def _dicom(
    kind: str,
    segments: Sequence[Segment],
    grid: Grid,
    source: SourceSeries | None,
    description: str,
    vocabulary: Vocabulary,
) -> Exported:
    if source is None:
        raise InputError(f"This scan {NOT_DICOM}")
    if kind == "rtstruct":
        from mrifoundation.tasks.exchange.rtstruct_writing import as_rtstruct as write
    else:
        from mrifoundation.tasks.exchange.dicom_seg import as_dicom_seg as write

    placed = [replace(one, mask=on_series(one.mask, grid.affine, source)) for one in segments]
    pictured, unseen = _pictured(placed, source)
    content = write(pictured, source, vocabulary, description)
    return Exported(content, ".dcm", "application/dicom", (*source.notes, *unseen, *_gaps(pictured, source)))


def _pictured(segments: Sequence[Segment], source: SourceSeries) -> tuple[list[Segment], list[str]]:
    """Those on slices that have an image, and which are not: DICOM has no way to write a region without a contour or frame."""
    slices = sorted({plane.slice for plane in source.planes})
    pictured = [one for one in segments if one.mask[:, :, slices].any()]
    left_out = ", ".join(f"'{one.name}'" for one in segments if not one.mask[:, :, slices].any())
    if not left_out:
        return pictured, []
    words = f"Only on slices of which the series has no image: {left_out}"
    if not pictured:
        raise InputError(f"{words}. A DICOM file cannot hold it; export NIfTI or seg.nrrd.")
    return pictured, [f"{words}. This is not in the file."]


def _gaps(segments: Sequence[Segment], source: SourceSeries) -> list[str]:
    pictured = {plane.slice for plane in source.planes}
    missing = [k for k in range(source.grid.shape[2]) if k not in pictured]
    left_out = sum(any(segment.mask[:, :, k].any() for segment in segments) for k in missing)
    if not left_out:
        return []
    return [f"On {left_out} slice{'s' * (left_out > 1)} the series has no image, so what was there is not in the file."]


def _surfaces(segments: Sequence[Segment], grid: Grid) -> Exported:
    from mrifoundation.tasks.exchange.surface_writing import as_stl

    files = [(file_name(one.name), as_stl(one, grid.affine)) for one in segments]
    if len(files) == 1:
        return Exported(files[0][1], ".stl", "model/stl")
    canvas, digits = io.BytesIO(), max(2, len(str(len(files))))
    with zipfile.ZipFile(canvas, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(files, start=1):
            archive.writestr(f"{number:0{digits}} {name}.stl", content)
    return Exported(canvas.getvalue(), ".zip", "application/zip")


def file_name(name: str) -> str:
    """A name that every file system takes; of a long one the end, with the suffix."""
    return re.sub(r"[^\w .-]+", "_", name)[-80:].strip(" .") or "segments"
