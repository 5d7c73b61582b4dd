"""Scans made on the fly."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4.1"


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
    """save_slices(folder, planes, ...): a DICOM series, one file a plane [row, column]; attributes by keyword."""

    def save(
        folder: Path, planes, *, step=(0, 0, 2.0), origin=(-10.0, -20.0, -30.0), at=None, prefix="", **attributes
    ) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        uid = attributes.pop("SeriesInstanceUID", generate_uid())
        for number, plane in enumerate(planes):
            place = number if at is None else at[number]
            dataset = _image(MR_IMAGE, uid, np.asarray(plane))
            dataset.InstanceNumber = number + 1
            dataset.ImagePositionPatient = [float(o + place * s) for o, s in zip(origin, step, strict=True)]
            for keyword, value in attributes.items():
                setattr(dataset, keyword, value[number] if isinstance(value, dict) else value)
            dataset.save_as(folder / f"{prefix}{number:03d}.dcm", enforce_file_format=True)
        return uid

    return save


@pytest.fixture
def save_enhanced():
    """save_enhanced(path, planes, heights, slopes): one enhanced multi-frame file; heights of its frames in mm."""

    def save(path: Path, planes, heights, slopes=None) -> None:
        dataset = _image(ENHANCED_MR_IMAGE, generate_uid(), np.asarray(planes)[0])
        for keyword in ("ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
            del dataset[keyword]
        dataset.NumberOfFrames = len(planes)
        dataset.PixelData = np.ascontiguousarray(planes, dtype="<u2").tobytes()
        dataset.SeriesDescription = "enhanced T2"
        shared = Dataset()
        shared.PixelMeasuresSequence = [_item(PixelSpacing=[0.5, 0.75], SliceThickness=3.0)]
        shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
        dataset.SharedFunctionalGroupsSequence = [shared]
        dataset.PerFrameFunctionalGroupsSequence = []
        for number, height in enumerate(heights):
            group = Dataset()
            group.PlanePositionSequence = [_item(ImagePositionPatient=[-4.0, -5.0, float(height)])]
            slope = 1.0 if slopes is None else slopes[number]
            group.PixelValueTransformationSequence = [_item(RescaleSlope=slope, RescaleIntercept=0.0, RescaleType="US")]
            dataset.PerFrameFunctionalGroupsSequence.append(group)
        dataset.save_as(path, enforce_file_format=True)

    return save


def _item(**values) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _image(sop_class: str, series_uid: str, plane: np.ndarray) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    values = {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "SeriesInstanceUID": series_uid,
        "StudyInstanceUID": pydicom.uid.generate_uid(entropy_srcs=["study"]),
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "PatientName": "Meier^Anna",
        "PatientID": "4711-88",
        "PatientBirthDate": "19610203",
        "StudyDate": "20240506",
        "SeriesNumber": 3,
        "SeriesDescription": "T1 axial",
        "Rows": plane.shape[0],
        "Columns": plane.shape[1],
        "PixelSpacing": [0.5, 0.75],
        "SliceThickness": 2.0,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": np.ascontiguousarray(plane, dtype="<u2").tobytes(),
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset
