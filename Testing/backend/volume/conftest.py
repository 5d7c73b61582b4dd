"""Scans made on the fly."""

from functools import partial
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from mr_series import mr_image, state, write_planes
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage


@pytest.fixture
def ramp() -> np.ndarray:
    """Every voxel has another value, so any mix-up of axes shows; int16 [7, 6, 5]."""
    return np.arange(7 * 6 * 5, dtype=np.int16).reshape(7, 6, 5)


@pytest.fixture
def save_nifti(tmp_path):
    """save_nifti(voxels, affine, name, edit): `edit` changes the header just before it is written."""

    def save(voxels, affine=None, name="scan.nii.gz", edit=None, kind=nib.Nifti1Image) -> Path:
        image = kind(voxels, np.eye(4) if affine is None else affine, dtype=np.asarray(voxels).dtype)
        path = tmp_path / name
        image.to_filename(path)
        if edit is not None:
            _edit_header(path, edit)
        return path

    return save


def _edit_header(path: Path, edit) -> None:
    """Change header fields in place, past every check of the library that wrote the file."""
    assert path.suffix == ".nii", "only an uncompressed file can be edited in place"
    content = bytearray(path.read_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    edit(header)
    content[:348] = header.binaryblock
    path.write_bytes(content)


@pytest.fixture
def save_slices():
    """save_slices(folder, planes, ...): a DICOM series, one file a plane [row, column]; gives its UID."""
    return partial(write_planes, SeriesDescription="T1 axial")


@pytest.fixture
def save_enhanced():
    """save_enhanced(path, planes, heights, slopes): one enhanced multi-frame file; heights of its frames in mm."""

    def save(path: Path, planes, heights, slopes=None) -> None:
        dataset = mr_image(np.asarray(planes)[0])
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
        for keyword in ("ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
            del dataset[keyword]
        dataset.NumberOfFrames = len(planes)
        dataset.PixelData = np.ascontiguousarray(planes, dtype="<u2").tobytes()
        dataset.SeriesDescription = "enhanced T2"
        shared = Dataset()
        shared.PixelMeasuresSequence = [state(Dataset(), PixelSpacing=[0.5, 0.75], SliceThickness=3.0)]
        shared.PlaneOrientationSequence = [state(Dataset(), ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
        dataset.SharedFunctionalGroupsSequence = [shared]
        dataset.PerFrameFunctionalGroupsSequence = []
        for number, height in enumerate(heights):
            group = Dataset()
            group.PlanePositionSequence = [state(Dataset(), ImagePositionPatient=[-4.0, -5.0, float(height)])]
            slope = 1.0 if slopes is None else slopes[number]
            group.PixelValueTransformationSequence = [
                state(Dataset(), RescaleSlope=slope, RescaleIntercept=0.0, RescaleType="US")
            ]
            dataset.PerFrameFunctionalGroupsSequence.append(group)
        dataset.save_as(path, enforce_file_format=True)

    return save
