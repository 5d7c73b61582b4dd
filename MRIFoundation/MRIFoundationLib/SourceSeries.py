"""The DICOM series of a scan for the backend: the work of the worker thread, without Qt or MRML.

What the backend writes in DICOM refers to it, and by its headers the backend knows of which patient, day and frame of reference a
scan is. `series` is a tuple of its files, or of the folder that has them.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from urllib.parse import quote

from .Asking import IsCancelled, Progress
from .Client import Client
from .Failures import BackendError, Cancelled
from .Sentence import translatable as _

_sent: dict[tuple[str, str], list] = {}
"""By the backend's address and the id of the scan: the files that were sent for it last, as they were then."""


def send_source(client: Client, volume: str, series: tuple[str, ...], cancelled: IsCancelled) -> None:
    """Give the backend the series of a scan."""
    files = _files(series)
    client.json("POST", _address(volume), data=_zipped(files, cancelled), timeout=600.0)
    _sent[client.url, volume] = _state(files)


def offer_source(
    client: Client, volume: str, series: tuple[str, ...], progress: Progress, cancelled: IsCancelled
) -> BackendError | None:
    """Give it unless the backend has it already; why it cannot take it, None where it can. What any request would meet is raised."""
    progress("send", -1.0, _("Sending the DICOM series."))
    try:
        if not _is_held(client, volume, series):
            send_source(client, volume, series, cancelled)
    except BackendError as error:
        if type(error) is not BackendError:  # no answer, another key, or the scan is not held
            raise
        return error
    return None


def _is_held(client: Client, volume: str, series: tuple[str, ...]) -> bool:
    """Whether the backend still has these very files, which are the last that were sent for the scan: one with the same voxels may be of
    another series, or its headers may have been corrected since."""
    if _sent.get((client.url, volume)) != _state(_files(series)):
        return False
    try:
        client.json("GET", _address(volume))
    except BackendError:  # whatever is wrong, sending tells
        return False
    return True


def _address(volume: str) -> str:
    return f"/v1/volumes/{quote(volume)}/source"


def _files(series: tuple[str, ...]) -> list[Path]:
    """All these files and those of these folders; BackendError where there are none."""
    files = [file for place in map(Path, series) for file in (sorted(place.rglob("*")) if place.is_dir() else [place])]
    files = [file for file in files if file.is_file()]
    if not files:
        words = _("'{folder}' is no folder with files: choose the folder of the scan's DICOM series.")
        raise BackendError(words.format(folder=series[0]))
    return files


def _state(files: list[Path]) -> list:
    return [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files]


def _zipped(files: list[Path], cancelled: IsCancelled) -> bytes:
    """They are not packed: the backend is near, and pixels pack badly."""
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for number, file in enumerate(files):
                if cancelled():
                    raise Cancelled
                archive.write(file, f"{number}-{file.name}")
    except OSError as error:
        words = _("'{path}' cannot be read ({reason}): choose another folder.")
        raise BackendError(words.format(path=error.filename, reason=error.strerror)) from error
    return target.getvalue()
