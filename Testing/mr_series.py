"""DICOM series in any direction, made on the fly, and regions that are hard to contour."""

import copy
import io
import zipfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SECRET_VENDOR = 0x0029, "SECRET VENDOR"

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
        image = mr_image(random.integers(0, 900, (shape[1], shape[0]), dtype=np.uint16))
        state(
            image,
            **shared,
            InstanceNumber=number + 1,
            PixelSpacing=list(pixel),
            SliceThickness=distance,
            ImagePositionPatient=[f"{value:.6f}" for value in origin + normal * height * distance],
            ImageOrientationPatient=[f"{value:.10f}" for value in (*row, *column)],
        )
        state(image, **attributes)
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
    shared.PixelMeasuresSequence = [
        state(Dataset(), PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)
    ]
    shared.PlaneOrientationSequence = [state(Dataset(), ImageOrientationPatient=first.ImageOrientationPatient)]
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = [
        state(Dataset(), PlanePositionSequence=[state(Dataset(), ImagePositionPatient=image.ImagePositionPatient)])
        for image in images
    ]
    for keyword in ("PixelSpacing", "SliceThickness", "ImageOrientationPatient", "ImagePositionPatient"):
        del whole[keyword]
    whole.save_as(path, enforce_file_format=True)
    return path


def write_planes(
    folder: Path, planes, *, step=(0, 0, 2.0), origin=(-10.0, -20.0, -30.0), at=None, prefix="", **attributes
) -> str:
    """A series with given pixels, one file a plane [row, column]; gives its UID. step, origin: LPS mm. at: the place of each file in
    steps. attributes: of every file, or by file where one is a dict."""
    folder.mkdir(parents=True, exist_ok=True)
    uid = attributes.pop("SeriesInstanceUID", None) or generate_uid()
    for number, plane in enumerate(planes):
        place = number if at is None else at[number]
        image = mr_image(np.asarray(plane))
        state(image, SeriesInstanceUID=uid, InstanceNumber=number + 1)
        image.ImagePositionPatient = [float(o + place * s) for o, s in zip(origin, step, strict=True)]
        state(image, **{key: one[number] if isinstance(one, dict) else one for key, one in attributes.items()})
        image.save_as(folder / f"{prefix}{number:03d}.dcm", enforce_file_format=True)
    return uid


def zipped(folder: Path) -> bytes:
    """The files of a folder, as one sends a series."""
    canvas = io.BytesIO()
    with zipfile.ZipFile(canvas, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return canvas.getvalue()


def write_label_file(file, kind, source, masks):
    """A DICOM SEG or RTSTRUCT that refers to the series `source`; masks: name → bool on its grid."""
    from mrifoundation.tasks.exchange import Segment, export_segments

    segments = [Segment(name, mask) for name, mask in masks.items()]
    file.write_bytes(export_segments(kind, segments, source.grid, source).content)


def mr_image(pixels: np.ndarray) -> FileDataset:
    """One image of its own series with `pixels` [row, column], of a patient who must never be named: not by the private tag either."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    state(
        image,
        SOPClassUID=MRImageStorage,
        SOPInstanceUID=meta.MediaStorageSOPInstanceUID,
        SeriesInstanceUID=generate_uid(),
        StudyInstanceUID=generate_uid(entropy_srcs=["study"]),
        FrameOfReferenceUID=generate_uid(entropy_srcs=["frame of reference"]),
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY", "M"],
        PatientName="Meier^Anna",
        PatientID="4711-88",
        PatientBirthDate="19610203",
        PatientSex="F",
        StudyDate="20240506",
        StudyTime="101500",
        StudyID="12",
        AccessionNumber="A77",
        ReferringPhysicianName="",
        SeriesNumber=3,
        SeriesDescription="T1",
        Manufacturer="test",
        InstanceNumber=1,
        Rows=pixels.shape[0],
        Columns=pixels.shape[1],
        PixelSpacing=[0.5, 0.75],
        SliceThickness=2.0,
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=0,
        PixelData=np.ascontiguousarray(pixels, dtype="<u2").tobytes(),
    )
    image.private_block(*SECRET_VENDOR, create=True).add_new(0x01, "LO", "private Meier")
    return image


def state(dataset: Dataset, **values) -> Dataset:
    """The same data set with these attributes, by keyword."""
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


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
