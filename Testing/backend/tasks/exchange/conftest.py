"""DICOM series in any direction, made on the fly, and regions that are hard to contour."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from mrifoundation.tasks.exchange import Segment, read_source

COLUMNS, ROWS, SLICES = 60, 52, 14
AXIAL = ((1, 0, 0), (0, 1, 0))
SAGITTAL = ((0, 1, 0), (0, 0, -1))
CORONAL = ((1, 0, 0), (0, 0, -1))


def _oblique():
    """Turned about two axes, as a cardiac or hip series is."""
    a, b = np.deg2rad(33), np.deg2rad(-21)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turned = about_z @ about_x
    return tuple(turned[:, 0]), tuple(turned[:, 1])


DIRECTIONS = {"axial": AXIAL, "sagittal": SAGITTAL, "coronal": CORONAL, "oblique": _oblique()}


@pytest.fixture
def make_series(tmp_path):
    """make_series(direction, spacing between rows and columns, distance of slices, at): a folder with one MR series, one file a slice."""

    def make(direction="axial", pixel=(0.8, 0.8), distance=3.0, at=None, name="series") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        row, column = map(np.array, DIRECTIONS[direction])
        normal = np.cross(row, column)
        shared = {"SeriesInstanceUID": generate_uid(), "StudyInstanceUID": generate_uid()}
        shared |= {"FrameOfReferenceUID": generate_uid()}
        random = np.random.default_rng(5)
        for number in range(SLICES):
            height = number if at is None else at[number]
            position = np.array([-31.25, 12.5, 7.125]) + normal * height * distance
            pixels = random.integers(0, 900, (ROWS, COLUMNS), dtype=np.uint16)
            image = _image(pixels, number, position, row, column, pixel, distance, shared)
            image.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
        return folder

    return make


def _image(pixels, number, position, row, column, pixel, distance, shared) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    values = shared | {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "PatientName": "Meier^Anna",
        "PatientID": "4711-88",
        "PatientBirthDate": "19610203",
        "PatientSex": "F",
        "StudyDate": "20240506",
        "StudyTime": "101500",
        "StudyID": "12",
        "AccessionNumber": "A77",
        "ReferringPhysicianName": "",
        "SeriesNumber": 3,
        "SeriesDescription": "T1",
        "Manufacturer": "test",
        "InstanceNumber": number + 1,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "PixelSpacing": list(pixel),
        "SliceThickness": distance,
        "ImagePositionPatient": [f"{value:.6f}" for value in position],
        "ImageOrientationPatient": [f"{value:.10f}" for value in (*row, *column)],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in values.items():
        setattr(image, keyword, value)
    return image


@pytest.fixture
def make_source(make_series):
    def make(*args, **more):
        return read_source(make_series(*args, **more))

    return make


def hard_mask() -> np.ndarray:
    """bool [60, 52, 14]: an organ with two holes and an island in one of them, a second part, two pixels that touch at a corner, a part at
    the edge of the image, and noise at the border."""
    i, j, k = np.ogrid[:COLUMNS, :ROWS, :SLICES]
    mask = ((i - 26) / 20) ** 2 + ((j - 25) / 18) ** 2 + ((k - 6) / 5.5) ** 2 < 1
    for centre in ((19, 25), (33, 22)):
        mask &= ~(((i - centre[0]) / 5) ** 2 + ((j - centre[1]) / 7) ** 2 + ((k - 6) / 4) ** 2 < 1)
    mask |= (abs(i - 19) < 2) & (abs(j - 25) < 2) & (abs(k - 6) < 2)
    mask |= (i > 50) & (j > 40) & (k > 3) & (k < 9)
    mask[5, 5, 3] = mask[6, 6, 3] = True
    ragged = np.random.default_rng(3).random(mask.shape) < 0.5
    return mask & ~((i > 36) & (i < 44) & ragged)


@pytest.fixture
def segments():
    """A structure of the vocabulary with a side, one without a code, and a lesion of nobody's vocabulary that overlaps the first."""
    hard = hard_mask()
    i, j, k = np.ogrid[:COLUMNS, :ROWS, :SLICES]
    ball = ((i - 12) / 9) ** 2 + ((j - 12) / 9) ** 2 + ((k - 6) / 4) ** 2 < 1
    return [Segment("left kidney", hard), Segment("seroma near the clip", ball, (12, 200, 33))]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))
