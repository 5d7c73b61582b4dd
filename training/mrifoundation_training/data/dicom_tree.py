"""A tree of DICOM files as cases: its MR series, labelled by the SEG and RTSTRUCT files in it that refer to them."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicom_tree import find_dicom
from mrifoundation.library.sources.item import Item
from mrifoundation.tasks.exchange.importing import kind_of
from mrifoundation.volume.dicom_file import read_header
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.structure_names import canonical

log = logging.getLogger(__name__)


def read_dicom_tree(folder: Path, region: str = "unknown") -> list[Case]:
    """One case an MR series, wherever its files lie; [] where there is none. Planning and derived images are left out, as in the library.

    Region and sequence are what the headers tell, else `region` and unknown. Subjects and series go by numbers, since a case's id reaches
    logs and shards. A label file that refers to no series of the tree is counted in a warning and not used.
    """
    items = sorted(find_dicom(_by_folder(folder)).items, key=lambda item: item.series)
    labels = _label_files(folder) if items else {}
    patients = list(dict.fromkeys(item.patient or item.series for item in items))
    cases = []
    for number, item in enumerate(items, start=1):
        subject = f"subject-{patients.index(item.patient or item.series) + 1:04d}"
        own = [file for file, series in labels.items() if item.series in series]
        cases.append(_case(item, f"series-{number:05d}", subject, folder.resolve().name, region, own))
    _tell_unused(labels, {item.series for item in items})
    return cases


def _case(item: Item, name: str, subject: str, source: str, region: str, label_files: list[Path]) -> Case:
    image = SeriesImage(item.files)
    values = _values(label_files)
    labels = SeriesLabels(image, tuple(label_files), values) if values else None
    table = {value: structure for structure, value in values.items()}
    told = {"region": item.facts.get("region", region), "sequence": item.facts.get("sequence", "unknown")}
    return Case(name, subject, source, image=image, labels=labels, table=table, **told)


def _by_folder(folder: Path) -> dict[Path, list[Path]]:
    files: dict[Path, list[Path]] = {}
    for file in _files(folder):
        files.setdefault(file.parent, []).append(file)
    return files


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent) / name for name in sorted(names))


def _label_files(folder: Path) -> dict[Path, set[str]]:
    """Each SEG and RTSTRUCT of the tree → UIDs of the series that it refers to."""
    return {file: set(_referenced(read_header(file))) for file in _files(folder) if _holds_labels(file)}


def _holds_labels(file: Path) -> bool:
    try:
        return kind_of(file) in ("dicom-seg", "rtstruct")
    except InputError:
        return False
    except Exception:  # whatever pydicom trips over, that file is no label file and the others still are
        return False


def _referenced(header: Dataset) -> Iterator[str]:
    """SEG names its series at the top (PS3.3 C.12.1.1.1), RTSTRUCT by frame of reference and study (C.8.8.5)."""
    for item in header.get("ReferencedSeriesSequence") or ():
        yield str(item.get("SeriesInstanceUID"))
    for frame in header.get("ReferencedFrameOfReferenceSequence") or ():
        for study in frame.get("RTReferencedStudySequence") or ():
            for item in study.get("RTReferencedSeriesSequence") or ():
                yield str(item.get("SeriesInstanceUID"))


def _values(label_files: list[Path]) -> dict[str, int]:
    """Name of each structure that was drawn → its value. One that a file lists but nobody drew says nothing: it is left out."""
    names = {canonical(name) for file in label_files for name in _drawn(read_header(file))}
    return {name: value for value, name in enumerate(sorted(names), start=1)}


def _drawn(header: Dataset) -> Iterator[str]:
    """Names of the structures with contours, of an RTSTRUCT, or with frames, of a SEG; of one that holds a label map, all."""
    items = header.get("ROIContourSequence") or ()
    drawn = {item.ReferencedROINumber for item in items if item.get("ContourSequence")}
    rois = header.get("StructureSetROISequence") or ()
    yield from (str(roi.ROIName) for roi in rois if roi.ROINumber in drawn)
    frames = [one.get("SegmentIdentificationSequence") for one in header.get("PerFrameFunctionalGroupsSequence") or ()]
    drawn = {one[0].ReferencedSegmentNumber for one in frames if one}
    segments = header.get("SegmentSequence") or ()
    yield from (str(one.SegmentLabel) for one in segments if one.SegmentNumber in drawn or not any(frames))


def _tell_unused(labels: dict[Path, set[str]], known: set[str]) -> None:
    unused = [file.name for file, series in labels.items() if not series & known]
    if unused:
        listed = ", ".join(unused[:5]) + (", …" if len(unused) > 5 else "")
        log.warning(
            "%d label files refer to no MR series of this folder and are not used: %s. Put their series beside them.",
            len(unused),
            listed,
        )
