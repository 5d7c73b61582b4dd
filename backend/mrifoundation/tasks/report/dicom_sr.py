"""The measurements of a draft as a DICOM structured report, TID 1500 (Measurement Report), unverified and preliminary.

With the headers of the series that was measured, the report belongs to that patient and study (Comprehensive 3D SR). Without
(the scan came from NIfTI, or over HTTP), it is an Enhanced SR that names nobody.
"""

import io
from collections.abc import Sequence
from pathlib import Path

from highdicom import UID
from highdicom.sr import (
    AlgorithmIdentification,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    EnhancedSR,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import MRImageStorage

import mrifoundation
from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.classification import Classification
from mrifoundation.tasks.dicom_codes import LATERALITY, own_code, structure_code
from mrifoundation.tasks.measure.volumes import StructureVolume
from mrifoundation.tasks.report.document import Report
from mrifoundation.volume import list_series

SERIES_NUMBER = 9701
_PATIENT = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
)


def as_dicom(report: Report, vocabulary: Vocabulary, source: Sequence[Dataset] = ()) -> bytes:
    """The file's bytes. source: headers of the images measured, [] when there are none. InputError when nothing was measured."""
    groups = [_structure(one, vocabulary, report.model_id) for one in report.structures]
    groups += [_answer(answer) for answer in report.answers if answer.applicable]
    if not groups:
        raise InputError(
            "Nothing was measured on this scan, so there is no structured report; write HTML or PDF instead."
        )
    content = MeasurementReport(
        _observer(),
        Code("113091000", "SCT", "Magnetic resonance imaging"),
        groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    kind = Comprehensive3DSR if source else EnhancedSR
    document = kind(
        evidence=list(source) or [_nobody()],
        content=content,
        series_instance_uid=UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=UID(),
        instance_number=1,
        manufacturer="MRIFoundation",
        manufacturer_model_name=report.model_id[:64],
        software_versions=mrifoundation.__version__[:64],
        device_serial_number="none",
        series_description="MRIFoundation draft of findings, research only",
    )
    if not source:  # nothing was referenced: the stand-in only carried empty fields
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
            document.pop(keyword, None)
    canvas = io.BytesIO()
    document.save_as(canvas, enforce_file_format=True)
    return canvas.getvalue()


def source_headers(path: Path, series: str | None = None) -> list[Dataset]:
    """Headers, without pixels, of the images of the DICOM series that `read_scan` reads at `path`; [] when it is no DICOM there."""
    import pydicom

    found = list_series(path) if Path(path).is_dir() else []
    chosen = next((one for one in found if series is None or series in (one.uid, one.description, one.title)), None)
    paths = sorted({frame.path for frame in chosen.frames}) if chosen else []
    headers = [pydicom.dcmread(one, stop_before_pixels=True) for one in paths if one.is_file()]
    for header in headers:
        for keyword in _PATIENT:  # highdicom reads them all; a de-identified file may lack some
            if keyword not in header:
                setattr(header, keyword, "")
    return headers


def _structure(one: StructureVolume, vocabulary: Vocabulary, model_id: str) -> MeasurementsAndQualitativeEvaluations:
    structure = vocabulary[one.name]
    number = Measurement(codes.SCT.Volume, round(one.volume_ml, 3), Code("mL", "UCUM", "milliliter"))
    return MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), one.name),
        finding_type=Code("91723000", "SCT", "Anatomical structure")
        if structure.kind != "lesion"
        else Code("52988006", "SCT", "Lesion"),
        finding_sites=[FindingSite(structure_code(structure), LATERALITY.get(structure.side))],
        algorithm_id=AlgorithmIdentification("MRIFoundation", model_id or mrifoundation.__version__),
        measurements=[number],
    )


def _answer(answer: Classification) -> MeasurementsAndQualitativeEvaluations:
    numbers = [
        Measurement(own_code(f"probability of {name}"), round(chance, 4), Code("1", "UCUM", "no units"))
        for name, chance in answer.probabilities.items()
    ]
    return MeasurementsAndQualitativeEvaluations(
        TrackingIdentifier(UID(), answer.head), finding_type=own_code(answer.title), measurements=numbers
    )


def _observer() -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(UID(), name="MRIFoundation", manufacturer_name="MRIFoundation")
    return ObservationContext(observer_device_context=ObserverContext(codes.DCM.Device, device))


def _nobody() -> Dataset:
    empty = Dataset()
    for keyword in _PATIENT:
        setattr(empty, keyword, "")
    empty.StudyInstanceUID, empty.SeriesInstanceUID, empty.SOPInstanceUID = UID(), UID(), UID()
    empty.SOPClassUID = MRImageStorage
    return empty
