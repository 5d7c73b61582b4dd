"""Label maps: NIfTI, NRRD (3D Slicer's seg.nrrd, in layers too) and MHA."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.grid import Grid, check_room
from mrifoundation.tasks.exchange.identity import Identity, identify
from mrifoundation.tasks.exchange.segment import Colour, Segment, colour_of, label_layers, label_map, overlapping
from mrifoundation.volume import read_scan, write_label_map
from mrifoundation.volume.itk_image import IMAGE_IO
from mrifoundation.volume.json_text import parse_json
from mrifoundation.volume.nifti_extension import nifti_comments
from mrifoundation.volume.quiet import quiet_libraries

_MOST = 1000  # values of a label map; more are an image


def as_label_file(segments: Sequence[Segment], affine: np.ndarray, suffix: str, vocabulary: Vocabulary) -> bytes:
    """The file's bytes. suffix: .nii.gz | .seg.nrrd. Raises InputError when segments overlap in a .nii.gz, which has no layers."""
    names = {value: segment.name for value, segment in enumerate(segments, start=1)}
    fields = {value: _slicer_fields(identify(one, vocabulary)) for value, one in enumerate(segments, start=1)}
    if suffix == ".seg.nrrd" and overlapping(segments):
        labels, places = label_layers(segments)
        fields = {value: own | {"Layer": str(places[value - 1])} for value, own in fields.items()}
    else:
        labels = label_map(segments)
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder:
        path = Path(folder) / f"labels{suffix}"
        write_label_map(path, labels, affine, names, fields)
        return path.read_bytes()


def _slicer_fields(one: Identity) -> dict[str, str]:
    """Colour and terminology of a segment as 3D Slicer keeps them in seg.nrrd."""
    side = one.laterality
    entries = [(one.category.value, one.category.scheme_designator, one.category.meaning)]
    entries += [(one.code.value, one.code.scheme_designator, one.code.meaning)]
    entries += [(side.value, side.scheme_designator, side.meaning) if side else ("", "", "")]
    terms = "~".join("^".join(entry) for entry in entries)
    context = "Segmentation category and type - 3D Slicer General Anatomy list"
    return {
        "Color": " ".join(f"{part / 255:.4f}" for part in one.colour),
        "Tags": f"TerminologyEntry:{context}~{terms}~Anatomic codes - DICOM master list~^^~^^|",
    }


def read_label_file(path: Path, kind: str) -> tuple[list[Segment], Grid]:
    """Its segments on its own grid. kind: nifti | nrrd | metaimage.

    Raises InputError when its values are no labels.
    """
    scan = read_scan(path)  # also refuses headers that claim too much, or name files elsewhere
    grid = Grid(scan.shape, scan.affine)
    if kind == "nifti":
        return _segments(scan.voxels, _nifti_names(path), grid, path.name), grid
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    header.SetImageIO(IMAGE_IO[kind])  # else the name of the file would decide
    with quiet_libraries():
        header.ReadImageInformation()
    fields = {key: header.GetMetaData(key) for key in header.GetMetaDataKeys()}
    described = _described(fields)
    if not described:
        return _segments(scan.voxels, _names(fields.get("SegmentNames", "{}")), grid, path.name), grid
    layers = [scan.voxels]
    if header.GetNumberOfComponents() > 1:
        layers = [layer.T for layer in np.moveaxis(sitk.GetArrayFromImage(header.Execute()), -1, 0)]
    check_room(len(described), grid, path.name)
    segments = []
    for name, value, layer, colour in described:
        if not 0 <= layer < len(layers):
            raise InputError(f"'{path.name}' names a layer that it does not hold; save the segmentation again.")
        segments.append(Segment(name, layers[layer] == value, colour))
    return segments, grid


def _described(fields: dict[str, str]) -> list[tuple[str, int, int, Colour | None]]:
    """Name, value, layer and colour of each segment that 3D Slicer's fields name."""
    found = []
    number = 0
    while f"Segment{number}_Name" in fields:
        start = f"Segment{number}_"
        colour = colour_of([255 * float(part) for part in fields.get(start + "Color", "").split()])
        value, layer = int(fields.get(start + "LabelValue", number + 1)), int(fields.get(start + "Layer", 0))
        found.append((fields[start + "Name"], value, layer, colour))
        number += 1
    return found


def _segments(values: np.ndarray, names: dict[str, str], grid: Grid, title: str) -> list[Segment]:
    found = np.unique(values)
    if (found != np.rint(found)).any() or found.min() < 0 or len(found) > _MOST:
        raise InputError(f"'{title}' holds no labels (whole numbers, 0 for nothing) but an image; give a label map.")
    check_room(np.count_nonzero(found), grid, title)
    return [
        Segment(names.get(str(value), f"label {value}"), values == value, value=value)
        for value in map(int, found)
        if value != 0
    ]


def _nifti_names(path: Path) -> dict[str, str]:
    """The names that `write_label_map` keeps in the file, {} for a file of others."""
    return next(filter(None, map(_names, nifti_comments(path))), {})


def _names(told: str) -> dict[str, str]:
    """Value → name, {} where the text is something else."""
    with contextlib.suppress(ValueError):
        names = parse_json(told)
        if isinstance(names, dict):
            return {str(key): str(name) for key, name in names.items()}
    return {}
