"""DICOM RTSTRUCT: closed planar contours in the image planes of the source series, whatever their direction."""

import datetime
import io
from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage, generate_uid

import mrifoundation
from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.exchange.identity import Identity, identify
from mrifoundation.tasks.exchange.outline import outlines
from mrifoundation.tasks.exchange.segment import Segment
from mrifoundation.tasks.exchange.source_series import Plane, SourceSeries
from mrifoundation.volume.dicom_headers import Frame

SERIES_NUMBER = 9703
_STUDY = "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, which RTSTRUCT still asks for (PS3.3 C.8.8.5)
_COPIED = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
)


def as_rtstruct(segments: Sequence[Segment], source: SourceSeries, vocabulary: Vocabulary, description: str) -> bytes:
    """The file's bytes. segments: on the grid of the series."""
    dataset = _headed(source, description)
    dataset.ReferencedFrameOfReferenceSequence = [_frame_of_reference(source)]
    identities = [identify(segment, vocabulary) for segment in segments]
    dataset.StructureSetROISequence = [_roi(number, one, source) for number, one in enumerate(identities, start=1)]
    dataset.ROIContourSequence = [
        _contours(number, segment, one, source)
        for number, (segment, one) in enumerate(zip(segments, identities, strict=True), start=1)
    ]
    dataset.RTROIObservationsSequence = [_observation(number, one) for number, one in enumerate(identities, start=1)]
    canvas = io.BytesIO()
    dataset.save_as(canvas, enforce_file_format=True)
    return canvas.getvalue()


def _headed(source: SourceSeries, description: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    # The explicit one has no room for more than 64 kB of points a contour.
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    first, now = source.headers[0], datetime.datetime.now()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _COPIED:
        if keyword in first:
            setattr(dataset, keyword, first[keyword].value)
    if "PositionReferenceIndicator" not in dataset:
        dataset.PositionReferenceIndicator = ""
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.InstanceCreationDate = dataset.StructureSetDate = dataset.SeriesDate = now.strftime("%Y%m%d")
    dataset.InstanceCreationTime = dataset.StructureSetTime = dataset.SeriesTime = now.strftime("%H%M%S")
    dataset.Modality = "RTSTRUCT"
    dataset.SeriesInstanceUID = generate_uid()
    dataset.SeriesNumber = SERIES_NUMBER
    dataset.SeriesDescription = description[:64]
    dataset.OperatorsName = ""
    dataset.Manufacturer = dataset.ManufacturerModelName = "MRIFoundation"
    dataset.SoftwareVersions = mrifoundation.__version__[:64]
    dataset.InstanceNumber = 1
    dataset.StructureSetLabel = "MRIFoundation"
    dataset.StructureSetDescription = description[:1024]
    dataset.ApprovalStatus = "UNAPPROVED"
    return dataset


def _frame_of_reference(source: SourceSeries) -> Dataset:
    series = _item(SeriesInstanceUID=source.headers[0].SeriesInstanceUID)
    series.ContourImageSequence = [_image(plane, source) for plane in source.planes]
    study = _item(ReferencedSOPClassUID=_STUDY, ReferencedSOPInstanceUID=source.headers[0].StudyInstanceUID)
    study.RTReferencedSeriesSequence = [series]
    return _item(FrameOfReferenceUID=source.frame_of_reference, RTReferencedStudySequence=[study])


def _image(plane: Plane, source: SourceSeries) -> Dataset:
    header = source.headers[plane.header]
    image = _item(ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)
    if int(header.get("NumberOfFrames") or 1) > 1:
        image.ReferencedFrameNumber = plane.frame.index + 1
    return image


def _roi(number: int, one: Identity, source: SourceSeries) -> Dataset:
    return _item(
        ROINumber=number,
        ReferencedFrameOfReferenceUID=source.frame_of_reference,
        ROIName=one.written[:64],
        ROIDescription=one.name[:1024],
        ROIGenerationAlgorithm="SEMIAUTOMATIC",
    )


def _contours(number: int, segment: Segment, one: Identity, source: SourceSeries) -> Dataset:
    contours = []
    drawn = segment.mask.any(axis=(0, 1))
    for plane in (plane for plane in source.planes if drawn[plane.slice]):
        for ring in outlines(segment.mask[:, :, plane.slice]):
            points = in_patient(ring, plane.frame)
            contours.append(
                _item(
                    ContourNumber=len(contours) + 1,
                    ContourImageSequence=[_image(plane, source)],
                    ContourGeometricType="CLOSED_PLANAR",
                    NumberOfContourPoints=len(points),
                    ContourData=[decimal(value) for value in points.ravel()],
                )
            )
    return _item(ReferencedROINumber=number, ROIDisplayColor=list(one.colour), ContourSequence=contours)


def in_patient(ring: np.ndarray, frame: Frame) -> np.ndarray:
    """(column, row) of an image [n, 2] → LPS mm [n, 3] (PS3.3 C.7.6.2.1.1)."""
    row, column = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
    return np.array(frame.position) + ring @ np.stack([row * frame.spacing[1], column * frame.spacing[0]])


def decimal(value: float) -> str:
    """A decimal string of at most 16 characters, to a ten-thousandth of a millimetre."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 5e-5 else "0"


def _observation(number: int, one: Identity) -> Dataset:
    observation = _item(
        ObservationNumber=number,
        ReferencedROINumber=number,
        ROIObservationLabel=one.name[:16],
        RTROIInterpretedType=one.target or ("ORGAN" if one.is_organ else ""),
        ROIInterpreter="",
    )
    if one.structure is not None and one.structure.snomed:
        coded = _coded(one.code)
        if one.laterality:  # the code is the same for both sides (C.8.8.8)
            coded.SegmentedPropertyTypeModifierCodeSequence = [_coded(one.laterality)]
        observation.RTROIIdentificationCodeSequence = [coded]
    return observation


def _coded(code: Code) -> Dataset:
    return _item(CodeValue=code.value, CodingSchemeDesignator=code.scheme_designator, CodeMeaning=code.meaning)


def _item(**values) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item
