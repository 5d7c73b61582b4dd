"""A DICOM series and its labels in the place of NIfTI files: read when they are needed, nothing is converted on the disk."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicom_tree import read_files
from mrifoundation.tasks.exchange import Grid, Segment, import_segments
from mrifoundation.volume.dicom_series import find_series
from mrifoundation.volume.dicom_stack import build_stack
from mrifoundation.volume.itk_image import LPS_TO_RAS
from mrifoundation_training.data.structure_names import canonical


@dataclass(frozen=True, eq=False)
class SeriesImage:
    """files: all of one series."""

    files: tuple[Path, ...]

    def __str__(self) -> str:
        return f"the DICOM series in {self.files[0].parent}"

    def nifti(self) -> nib.Nifti1Image:
        """float32 [i, j, k]. Raises InputError when the images make no volume or cannot be decoded."""
        scan = read_files(list(self.files))
        return nib.Nifti1Image(scan.voxels, scan.affine)

    def grid(self) -> Grid:
        """That of `nifti`, without reading a pixel."""
        series = find_series(self.files)[0]
        stack = build_stack(list(series.frames), series.title, [])
        first = stack.frames[0]
        return Grid((first.columns, first.rows, stack.slices), LPS_TO_RAS @ stack.affine)


@dataclass(frozen=True, eq=False)
class SeriesLabels:
    """files: SEG and RTSTRUCT that refer to the series. values: name of each structure (as `canonical` gives it) → its value."""

    series: SeriesImage
    files: tuple[Path, ...]
    values: dict[str, int]

    def __str__(self) -> str:
        return f"the labels {', '.join(file.name for file in self.files)} in {self.files[0].parent}"

    def nifti(self) -> nib.Nifti1Image:
        """uint16 [i, j, k] on the grid of the series. Where two structures overlap the smaller one is kept, such as a tumour in its organ.

        Raises InputError when a file cannot be read or lies outside the series."""
        grid = self.series.grid()
        labels = np.zeros(grid.shape, np.uint16)
        segments = [segment for file in self.files for segment in import_segments(file, grid).segments]
        for segment in sorted(segments, key=lambda one: np.count_nonzero(one.mask), reverse=True):
            labels[segment.mask] = self._value(segment)
        return nib.Nifti1Image(labels, grid.affine)

    def _value(self, segment: Segment) -> int:
        try:
            return self.values[canonical(segment.name)]
        except KeyError:
            raise InputError(f"{self} changed while they were in use; start again.") from None
