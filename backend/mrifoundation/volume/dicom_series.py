"""DICOM series: listing them, choosing one, and reading it as a scan."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.volume.burnt_in import NOTES, burnt_in_flags, flags_together
from mrifoundation.volume.dicom_headers import (
    Frame,
    image_headers,
    image_kinds,
    is_localizer,
    numbers,
    safe_description,
)
from mrifoundation.volume.dicom_pixels import PixelReader
from mrifoundation.volume.dicom_stack import Stack, build_stack
from mrifoundation.volume.itk_image import LPS_TO_RAS
from mrifoundation.volume.scan import Scan
from mrifoundation.volume.voxel_values import finite_float32


@dataclass(frozen=True)
class Series:
    """One DICOM series. description: free of patient names and dates; images: number of image planes.

    localizer: only serves planning. mosaic: one image holds many slices side by side, which cannot be read here. burnt_in: see `burnt_in`.
    """

    uid: str
    description: str
    images: int
    number: int | None = None
    localizer: bool = False
    mosaic: bool = False
    burnt_in: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = field(default=(), repr=False, compare=False)

    @property
    def title(self) -> str:
        """What people call it: "T1 axial (series 3)"."""
        if self.number is None:
            return self.description or "DICOM series"
        return f"{self.description} (series {self.number})" if self.description else f"series {self.number}"


def find_series(paths: Iterable[Path]) -> list[Series]:
    """Every image series among the files, the most useful first: localizers last, else by number of images."""
    headers: dict[str, Dataset] = {}
    planes: dict[str, list[Frame]] = {}
    flags: dict[str, set[tuple[str, ...]]] = {}
    for header, own_planes in image_headers(paths):
        uid = str(header.get("SeriesInstanceUID") or "unknown")
        headers.setdefault(uid, header)
        planes.setdefault(uid, []).extend(own_planes)
        flags.setdefault(uid, set()).add(burnt_in_flags(header))
    found = [_series(uid, headers[uid], planes[uid], flags_together(flags[uid])) for uid in headers]
    return sorted(found, key=lambda series: (series.localizer, -series.images, series.number or 0, series.uid))


def choose_series(found: list[Series], wanted: str | None, notes: list[str]) -> Series:
    """The wanted series (by UID, or by description, whole or in part), else the first; the choice is noted.

    Raises InputError when no series, or more than one, fits what is wanted.
    """
    if wanted is None:
        if len(found) > 1:
            others = ", ".join(_counted(series) for series in found[1:6]) + (", …" if len(found) > 6 else "")
            notes.append(f"{len(found)} series were found: {_counted(found[0])} is used. Others: {others}.")
        return found[0]
    sought = wanted.strip().lower()
    matches = [series for series in found if series.uid == wanted.strip()]
    matches = matches or [series for series in found if sought in (series.description.lower(), series.title.lower())]
    matches = matches or [series for series in found if sought and sought in series.description.lower()]
    if len(matches) != 1:
        reason = "No series" if not matches else f"{len(matches)} series"
        listed = "; ".join(f"{_counted(series)} {series.uid}" for series in found[:8])
        raise InputError(f"{reason} fit '{wanted}'; choose one of these by its UID or full description: {listed}.")
    return matches[0]


def read_series(series: Series, notes: list[str]) -> Scan:
    """The series as a Scan named after its description and number, never after the patient.

    Raises InputError when its images make no volume or cannot be decoded.
    """
    if series.mosaic:
        raise InputError(
            f"'{series.title}' packs its slices into mosaic images; convert it with dcm2niix and give the NIfTI file."
        )
    notes.extend(NOTES[flag] for flag in series.burnt_in)
    stack = build_stack(list(series.frames), series.title, notes)
    voxels = finite_float32(_fill(stack, PixelReader(series.title, notes)), series.title, notes)
    return Scan(voxels, LPS_TO_RAS @ stack.affine, series.title, tuple(notes))


def _series(uid: str, header: Dataset, planes: list[Frame], burnt_in: tuple[str, ...]) -> Series:
    number = numbers(header, "SeriesNumber", 1)
    return Series(
        uid=uid,
        description=safe_description(header),
        images=len(planes),
        number=int(number[0]) if number else None,
        localizer=is_localizer(header),
        mosaic="MOSAIC" in image_kinds(header),
        burnt_in=burnt_in,
        frames=tuple(planes),
    )


def _counted(series: Series) -> str:
    return f"'{series.title}', {series.images} image{'' if series.images == 1 else 's'}"


def _fill(stack: Stack, reader: PixelReader) -> np.ndarray:
    """Voxels [column, row, slice] on the even grid; a slice between two images is their linear mixture."""
    first = stack.frames[0]
    voxels = np.empty((first.columns, first.rows, stack.slices), dtype=np.float32)
    below, below_place, filled = reader.read(first), stack.place[0], 0
    for frame, place in zip(stack.frames, stack.place, strict=True):
        above = reader.read(frame)
        while filled < stack.slices and filled <= place + 1e-3:
            share = 1.0 if place == below_place else np.clip((filled - below_place) / (place - below_place), 0.0, 1.0)
            share = float(np.round(share) if abs(share - np.round(share)) < 0.05 else share)
            voxels[:, :, filled] = above if share == 1.0 else (1.0 - share) * below + share * above
            filled += 1
        below, below_place = above, place
    return voxels
