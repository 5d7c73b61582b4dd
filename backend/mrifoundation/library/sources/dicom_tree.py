"""DICOM series in a folder tree: grouped by series, with what their headers tell; planning and derived images are counted and left out."""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicom_facts import header_facts, identifiers, patient_of, person_of, why_skipped
from mrifoundation.library.sources.item import Found, Item, stamp_of
from mrifoundation.library.sources.looking import Looking
from mrifoundation.volume import Scan
from mrifoundation.volume.dicom_headers import image_headers, numbers, safe_description
from mrifoundation.volume.dicom_series import find_series, read_series


def find_dicom(folders: Mapping[Path, list[Path]], looking: Looking | None = None) -> Found:
    """Items of all image series among the files, given by folder; a series may lie in several folders. Raises Cancelled."""
    headers: dict[str, Dataset] = {}
    files: dict[str, list[Path]] = {}
    found, looking = Found(), looking or Looking()
    paths = [path for paths in folders.values() for path in paths]
    for number, path in enumerate(paths, 1):
        looking.at(number, "DICOM header", len(paths))
        for header in _headers(path, found):
            uid = str(header.get("SeriesInstanceUID") or f"unknown in {path.parent}")
            headers.setdefault(uid, header)
            files.setdefault(uid, []).append(path)
    for uid, header in headers.items():
        reason = why_skipped(header)
        if reason:
            found.skipped[reason] += 1
        else:
            found.add(files[uid][0].parent, partial(_item, uid, header, files[uid]))
    return found


def _headers(path: Path, found: Found) -> Iterator[Dataset]:
    """The header of a file that is an image; one that is too large is listed as bad."""
    try:
        yield from (header for header, _ in image_headers([path]))
    except InputError as error:
        found.bad.append((str(path), str(error)))


def _item(uid: str, header: Dataset, files: list[Path]) -> Item:
    return Item(
        source=os.path.commonpath([str(path.parent) for path in files]),
        series=uid,
        read=lambda: read_files(files),
        stamp=stamp_of(*files),
        name=series_name(header),
        facts=header_facts(header),
        patient=patient_of(header),
        person=person_of(header),
        caption=safe_description(header),
        identifiers=identifiers(header),
        files=tuple(files),
    )


def read_files(files: list[Path]) -> Scan:
    """The one series that some DICOM files hold."""
    return read_series(find_series(files)[0], [])


def series_name(header: Any) -> str:
    """What people call the series, never after the patient."""
    description, number = safe_description(header), numbers(header, "SeriesNumber", 1)
    told = f"series {int(number[0])}" if number else "DICOM series"
    return f"{description} ({told})" if description else told
