"""The DICOM series that a scan is read from, and the headers of its images."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from mrifoundation.volume.archive import unzipped
from mrifoundation.volume.content import sniff
from mrifoundation.volume.dicom_file import read_header
from mrifoundation.volume.dicom_series import Series, choose_series
from mrifoundation.volume.dicom_stack import build_stack
from mrifoundation.volume.reading import list_series

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


@contextlib.contextmanager
def source_series(path: Path, series: str | None, notes: list[str]) -> Iterator[Series | None]:
    """The series that `read_scan` reads at `path` (a folder, a zip or a file of a series), whose files are there as long as the context
    lasts; None where it reads no DICOM there. series: which one, by UID or description."""
    path = Path(path).expanduser()
    is_zip = path.is_file() and sniff(path).kind == "zip"
    with unzipped(path, path.name) if is_zip else contextlib.nullcontext(path) as place:
        found = list_series(place)
        if found and series is None and place.is_file():
            series = str(read_header(place).get("SeriesInstanceUID") or "unknown")
        yield choose_series(found, series, notes) if found else None


def source_headers(path: Path, series: str | None = None) -> list[Dataset]:
    """Headers, without pixels, of the images of `source_series`; [] where there are none, or images without the UIDs that another file
    would refer to."""
    with source_series(path, series, []) as chosen:
        if chosen is None:
            return []
        frames = build_stack(list(chosen.frames), chosen.title, []).frames
        headers = [read_header(one) for one in dict.fromkeys(frame.path for frame in frames)]
    return [header for header in headers if all(header.get(keyword) for keyword in UIDS)]
