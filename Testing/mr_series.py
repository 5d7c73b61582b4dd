"""DICOM series in any direction, made on the fly, and regions that are hard to contour."""

import copy
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SHAPE = COLUMNS, ROWS, SLICES = 60, 52, 14
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


def write_series(
    folder: Path, direction="axial", pixel=(0.8, 0.8), distance=3.0, at=None, shape=SHAPE, middle=None, **attributes
) -> Path:
    """One MR series, one file a slice. pixel: mm between rows, between columns. distance: mm between slices. at: the place of each file in
    slices, for gaps. middle: LPS mm of the middle of the volume. attributes: of every file."""
    folder.mkdir(parents=True)
    row, column = map(np.array, DIRECTIONS[direction])
    normal = np.cross(row, column)
    shared = {keyword: generate_uid() for keyword in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")}
    origin = np.array([-31.25, 12.5, 7.125])
    if middle is not None:
        half = [(size - 1) / 2 * step for size, step in zip(shape, (pixel[1], pixel[0], distance), strict=True)]
        origin = np.array(middle) - np.stack([row, column, normal], axis=1) @ half
    random = np.random.default_rng(5)
    for number, height in enumerate(range(shape[2]) if at is None else at):
        position = origin + normal * height * distance
        pixels = random.integers(0, 900, (shape[1], shape[0]), dtype=np.uint16)
        image = _image(pixels, number, position, row, column, pixel, distance, shared | attributes)
        image.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    return folder


def write_enhanced(path: Path, classic: Path) -> Path:
    """The series in the folder `classic` as one enhanced multi-frame file, its frames in reverse order."""
    images = sorted((pydicom.dcmread(one) for one in classic.glob("*.dcm")), key=lambda one: -int(one.InstanceNumber))
    whole, first = copy.deepcopy(images[0]), images[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    whole.NumberOfFrames = len(images)
    whole.PixelData = b"".join(image.PixelData for image in images)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_item(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=first.ImageOrientationPatient)]
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = [
        _item(PlanePositionSequence=[_item(ImagePositionPatient=image.ImagePositionPatient)]) for image in images
    ]
    for keyword in ("PixelSpacing", "SliceThickness", "ImageOrientationPatient", "ImagePositionPatient"):
        del whole[keyword]
    whole.save_as(path, enforce_file_format=True)
    return path


def _item(**values) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _image(pixels, number, position, row, column, pixel, distance, shared) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    values = {
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
    } | shared
    for keyword, value in values.items():
        setattr(image, keyword, value)
    return image


def hard_mask() -> np.ndarray:
    """bool [60, 52, 14]: an organ with two holes and an island in one of them, a second part, two pixels that touch at a corner, a part at
    the edge of the image, and noise at the border."""
    i, j, k = np.ogrid[:COLUMNS, :ROWS, :SLICES]
    mask = ball((26, 25, 6), (20, 18, 5.5)) & ~ball((19, 25, 6), (5, 7, 4)) & ~ball((33, 22, 6), (5, 7, 4))
    mask |= (abs(i - 19) < 2) & (abs(j - 25) < 2) & (abs(k - 6) < 2)
    mask |= (i > 50) & (j > 40) & (k > 3) & (k < 9)
    mask[5, 5, 3] = mask[6, 6, 3] = True
    ragged = np.random.default_rng(3).random(mask.shape) < 0.5
    return mask & ~((i > 36) & (i < 44) & ragged)


def ball(middle, radii, shape=SHAPE) -> np.ndarray:
    """bool [i, j, k]: an ellipsoid, in voxels."""
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return sum(((at - m) / r) ** 2 for at, m, r in zip((i, j, k), middle, radii, strict=True)) < 1


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))
