"""Contours to files of others and back: the work of the worker thread, without Qt or MRML."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .Asking import IsCancelled, Progress
from .Client import Client
from .ContourCalls import ContourCalls
from .Contouring import Shown
from .Failures import BackendError, Cancelled
from .FreePath import free
from .Sentence import translatable as _
from .SourceSeries import offer_source, send_source
from .VoxelBox import VoxelBox

SUFFIXES = {
    "rtstruct": ".dcm",
    "dicom-seg": ".dcm",
    "nifti": ".nii.gz",
    "seg.nrrd": ".seg.nrrd",
    "stl": ".stl",
    "csv": ".csv",  # the table, which needs no backend
}
DICOM = ("rtstruct", "dicom-seg")
_WITHOUT_EXAMINATION = (".gz", ".mha", ".nii", ".nrrd", ".stl", ".zip")
"""Files with these endings tell of no examination that they are of."""


@dataclass(frozen=True)
class Exported:
    """`place`: the file that was written, or the archive that took it; `notes`: what the backend says about it."""

    place: str
    notes: list[str]


@dataclass(frozen=True)
class Archive:
    """A DICOMweb service. `key`: its bearer token, "" for none; it is in no settings, no scene and no representation."""

    address: str
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Imported:
    """Rows as docs/architecture.md tells them, each with the box of its voxels."""

    rows: list[tuple[dict, VoxelBox]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ExportWish:
    """`segments`: contours as they are shown, each whole; `colours`: 0 to 255; `tg263`: of names that are in a set of organs;
    `series`: the DICOM files of the scan, or the folder that has them; `target`: the path of a file, or an archive."""

    kind: str
    target: str | Archive
    segments: list[Shown]
    colours: list[list[int]]
    tg263: dict[str, str]
    series: tuple[str, ...]


def export(client: Client, volume: str, wish: ExportWish, progress: Progress, cancelled: IsCancelled) -> Exported:
    """Have the file made and write it; a file that is there already stays, and the new one gets a number."""
    calls, address = ContourCalls(client, volume), f"/v1/volumes/{quote(volume)}"
    if wish.kind in DICOM and wish.series:
        progress("send", -1.0, _("Sending the DICOM series."))
        send_source(client, volume, wish.series, cancelled)
    segments = []
    for shown, colour in zip(wish.segments, wish.colours):
        if cancelled():
            raise Cancelled
        told = {"name": shown.structure or shown.name, "colour": colour, "tg263": wish.tg263.get(shown.name)}
        segments.append({**told, "region": calls.region(shown.mask)})
    progress("export", -1.0, _("Making the file."))
    wanted = {"format": wish.kind, "segments": segments}
    if isinstance(wish.target, Archive):
        return _sent(client, address, wanted, wish.target)
    body, headers = client.answer("POST", address + "/export", json=wanted)
    path = Path(wish.target)
    if "zip" in headers.get("Content-Type", "") and wish.kind == "stl":
        path = path.with_suffix(".zip")
    return Exported(write(path, body), json.loads(headers.get("X-Notes", "[]")))


def write(path: Path, content: bytes) -> str:
    """Write a file, beside one that is there already; gives its path. BackendError when it cannot be written."""
    path = free(path)
    try:
        path.write_bytes(content)
    except OSError as error:
        words = _("'{path}' cannot be written ({reason}): choose another file.")
        raise BackendError(words.format(path=path, reason=error.strerror)) from error
    return str(path)


def _sent(client: Client, address: str, wanted: dict, archive: Archive) -> Exported:
    wanted |= {"send_to": archive.address, "send_key": archive.key or None}
    told = client.json("POST", address + "/export", json=wanted, timeout=300.0)
    return Exported(told["sent_to"], told["notes"])


def import_file(
    client: Client, volume: str, path: str, series: tuple[str, ...], progress: Progress, cancelled: IsCancelled
) -> Imported:
    """Have a file read; its segments come on the scan's grid. `series`: the DICOM files of the scan, or the folder that has them, by
    which contours of another examination are noticed."""
    address = f"/v1/volumes/{quote(volume)}"
    try:
        body = Path(path).read_bytes()
    except OSError as error:
        words = _("'{path}' cannot be read ({reason}): choose another file.")
        raise BackendError(words.format(path=path, reason=error.strerror)) from error
    is_asked = bool(series) and Path(path).suffix.lower() not in _WITHOUT_EXAMINATION
    unchecked = offer_source(client, volume, series, progress, cancelled) if is_asked else None
    progress("import", -1.0, _("The backend reads the file."))
    name = Path(path).name.encode("ascii", "replace").decode()
    told = client.json("POST", address + "/import", data=body, headers={"X-Filename": name}, timeout=120.0)
    rows = []
    for row in told["segments"]:
        if cancelled():
            raise Cancelled
        region, geometry = client.body("GET", f"{address}/region/{quote(row['region'])}")
        rows.append((row, VoxelBox.from_answer(geometry, region).for_mrml()))
    notes = [_not_checked(unchecked)] if unchecked and told["kind"] in DICOM else []
    return Imported(rows, [*told["notes"], *notes])


def _not_checked(reason: BackendError) -> str:
    words = _("It was not checked whether the file is of the same examination as the scan. {reason}")
    return words.format(reason=reason.args[0])
