"""A map of one organ set into the body of somebody else, whose CT tells what lies around it.

A prostate that is only ever shown among tissues that nobody has is not known where it lies between the hip joints, below a bladder.
"""

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume.box import bounding_box
from mrifoundation_training.data.ct_tissues import FAT, MUSCLE
from mrifoundation_training.data.volumes import CaseVolume

BLADDER = "urinary bladder"
SPACING_MM = 1.5
ABOVE_MM = 90.0  # of the host that is kept above the organ
BELOW_MM = 130.0  # of it below the organ's upper end; where the scan ends earlier its last slice goes on


@dataclass(frozen=True, eq=False)
class HostBody:
    """A body with a place for an organ. labels: uint8 [i, j, k], 1.5 mm apart, with the name of each; upper: middle of the place's upper
    end, mm [3] from the corner of the array; told: what its source labels when it is in view."""

    labels: np.ndarray
    names: tuple[str, ...]
    upper: np.ndarray
    told: tuple[str, ...]

    @classmethod
    def of(cls, host: CaseVolume, place: str) -> "HostBody":
        """The surroundings of `place` in a map that is `completed`. Raises InputError where it is not in view."""
        if place not in host.names:
            raise InputError(f"'{host.case.id}' has no '{place}' in view, in whose place something could be set.")
        body = _around(host, place)
        labels = _resampled(body.labels, body.spacing, np.zeros(3), np.array(body.labels.shape) * body.spacing)
        upper = _middle_and_top(body.labels == body.names.index(place), body.spacing)
        labels[labels == body.names.index(place)] = body.names.index(MUSCLE)
        told = tuple(name for name in host.case.table.values() if name != place)
        return cls(labels, tuple("" if name == place else name for name in body.names), upper, told)

    def holding(self, organ: CaseVolume) -> CaseVolume:
        """The map of the organ in this body: their upper ends lie in one plane, since a scan of the abdomen may cut the lower one off."""
        first = _middle_and_top(organ.labels > 0, organ.spacing) - self.upper
        inside = _resampled(organ.labels, organ.spacing, first, np.array(self.labels.shape) * SPACING_MM)
        around = self._bladder_filled(_share_of(organ.case.id))
        labels = np.where(inside > 0, len(self.names) - 1 + inside, around).astype(np.uint8)
        table = dict(enumerate([*self.told, *organ.case.table.values()], 1))
        case, own = replace(organ.case, table=table), organ.names[1:]
        return CaseVolume(case, labels, (*self.names, *own), None, np.full(3, SPACING_MM), about=own)

    def _bladder_filled(self, share: float) -> np.ndarray:
        """The labels with less in the bladder: what is left lies at its neck, fat comes down on it."""
        voxels = np.argwhere(np.array([name == BLADDER for name in self.names])[self.labels])
        if not len(voxels):
            return self.labels
        neck = voxels[voxels[:, 2] == voxels[:, 2].min()].mean(0)
        far = np.linalg.norm(voxels - neck, axis=1)
        labels = self.labels.copy()
        labels[tuple(voxels[far > np.quantile(far, share)].T)] = self.names.index(FAT)
        return labels


def _share_of(case_id: str) -> float:
    """Of the host's full bladder that a person's holds, the same whenever that person is drawn."""
    return float(np.random.default_rng(list(case_id.encode())).uniform(0.1, 1.0))


def _around(host: CaseVolume, place: str) -> CaseVolume:
    """The slices of the host about its place, the lowest one repeated where there are not enough."""
    top = bounding_box(host.labels == host.names.index(place))[2].stop
    height = host.spacing[2]
    lowest, highest = top - round(BELOW_MM / height), top + round(ABOVE_MM / height)
    slices = np.clip(np.arange(lowest, min(highest, host.labels.shape[2])), 0, None)
    return replace(host, labels=host.labels[..., slices], image=None)


def _middle_and_top(mask: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Of what a mask shows, mm [3] from the corner of the array."""
    x, y, z = bounding_box(mask)
    return np.array([(x.start + x.stop) / 2, (y.start + y.stop) / 2, z.stop]) * spacing


def _resampled(labels: np.ndarray, spacing: np.ndarray, first: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Labels [i, j, k] of the box that begins at `first` and is `length` long (mm from the corner of the array); 0 outside of it."""
    image = sitk.GetImageFromArray(labels.transpose(2, 1, 0))
    image.SetSpacing([float(s) for s in spacing])
    image.SetOrigin([float(s) / 2 for s in spacing])
    size = [int(n) for n in np.rint(length / SPACING_MM)]
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing([SPACING_MM] * 3)
    grid.SetOrigin([float(f) + SPACING_MM / 2 for f in first])
    moved = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLabelLinear, 0)
    return sitk.GetArrayFromImage(moved).transpose(2, 1, 0).copy()
