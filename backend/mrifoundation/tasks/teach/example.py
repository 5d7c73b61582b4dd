"""Annotated scans to teach a structure from."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.volume import Scan, read_scan
from mrifoundation.volume.orientation import CanonicalAxes
from mrifoundation.volume.same_grid import apart_mm

PLANES = ("sagittal", "coronal", "axial")  # by the canonical axis that they lie across
_VALUES = re.compile(r"(.+):(\d+(?:\+\d+)*)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Example:
    """One annotated scan.

    mask: bool [i, j, k] on the scan's own grid, the structure. known: bool likewise, where the annotation says anything at
    all; None everywhere. path: of the scan, absolute, "" when it lies in no file. patient: whose it is, "" where each scan is somebody
    else's.
    """

    scan: Scan
    mask: np.ndarray
    known: np.ndarray | None = None
    path: str = ""
    patient: str = ""

    def __post_init__(self):
        for part in (self.mask, self.known):
            if part is not None and part.shape != self.scan.shape:
                raise InputError(
                    f"The labels have the shape {part.shape} and '{self.scan.name}' has {self.scan.shape}; label the scan itself."
                )
        if not self.inside.any():
            raise InputError(f"The label of '{self.scan.name}' is empty; mark the structure, or leave this scan out.")

    @property
    def inside(self) -> np.ndarray:
        """The structure where the annotation speaks."""
        return self.mask if self.known is None else self.mask & self.known


def read_example(
    scan: Path, labels: str, plane: str | None = None, unlabelled: int | None = None, patient: str = ""
) -> Example:
    """From files. labels: a label map, with the value (or values, 1+3) of the structure behind a colon where it holds several.

    plane: one of PLANES when only some slices of it were annotated, which are those that hold a part of the structure.
    unlabelled: value of voxels of which nothing is said. Raises InputError for what cannot be used.
    """
    path, values = split_labels(labels)
    read = read_scan(scan)
    found = _on_grid(path, read)
    mask = _chosen(found, values, unlabelled, path)
    known = None if unlabelled is None else found != unlabelled
    if not mask.any():
        what = f"no voxel with the value {'+'.join(map(str, values))}" if values else "no label"
        raise InputError(f"'{path.name}' holds {what}; name the value of the structure behind a colon, or mark it.")
    return Example(read, mask, annotated(mask, read.affine, plane, known), str(Path(scan).resolve()), patient)


def read_pairs(table: Path, plane: str | None = None, unlabelled: int | None = None) -> Iterable[Example]:
    """From a CSV with the columns scan and labels (as of `read_example`), and patient where one has several rows; paths are relative to
    the file. One after the other, since scans are large; raises InputError for a table that cannot be used when it is begun."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The table '{table}' cannot be read; give a CSV with the columns scan and labels.") from error
    if not rows or not {"scan", "labels"} <= set(rows[0]):
        raise InputError(f"The table '{table}' needs the columns scan and labels, and at least one row.")
    for row in rows:
        scan, labels = table.parent / row["scan"], str(table.parent / row["labels"])
        yield read_example(scan, labels, plane, unlabelled, (row.get("patient") or "").strip())


def split_labels(text: str) -> tuple[Path, tuple[int, ...]]:
    """ "labels.nii.gz:1+3" → its path and values; no values when none are named."""
    found = _VALUES.fullmatch(text)
    if not found:
        return Path(text), ()
    return Path(found[1]), tuple(int(value) for value in found[2].split("+"))


def annotated(mask: np.ndarray, affine: np.ndarray, plane: str | None, known: np.ndarray | None) -> np.ndarray | None:
    """Where an annotation speaks: in the slices of `plane` that hold a part of `mask` only, and nowhere outside `known`.

    The plane is the one of the patient that the scan's slices are closest to. Raises InputError for another word than PLANES.
    """
    if plane is None:
        return known
    if plane not in PLANES:
        raise InputError(f"There is no plane '{plane}'; choose one of {', '.join(PLANES)}.")
    axis = int(np.flatnonzero(CanonicalAxes.of(affine).code[:, 0] == PLANES.index(plane))[0])
    shape = [1, 1, 1]
    shape[axis] = -1
    slices = mask.any(axis=tuple(a for a in range(3) if a != axis)).reshape(shape)
    spoken = np.broadcast_to(slices, mask.shape)
    return spoken.copy() if known is None else spoken & known


def _on_grid(path: Path, scan: Scan) -> np.ndarray:
    """Label values on the grid of `scan`, int32."""
    labels = read_scan(path)
    if apart_mm(scan.shape, scan.affine, labels.shape, labels.affine) > scan.spacing.min() / 2:
        raise InputError(
            f"The labels '{path.name}' are not on the grid of the scan '{scan.name}'; resample them onto the scan."
        )
    return np.rint(labels.voxels).astype(np.int32)


def _chosen(found: np.ndarray, values: tuple[int, ...], unlabelled: int | None, path: Path) -> np.ndarray:
    if values:
        return np.isin(found, values)
    there = sorted(set(np.unique(found).tolist()) - {0, unlabelled})
    if len(there) > 1:
        told = ", ".join(map(str, there[:10])) + (" …" if len(there) > 10 else "")
        raise InputError(f"'{path.name}' holds several labels ({told}); name one: {path.name}:{there[0]}.")
    return np.isin(found, there)
