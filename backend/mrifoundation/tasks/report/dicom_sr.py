"""The measurements of a draft as a DICOM structured report, TID 1500 (Measurement Report), unverified and preliminary.

With the headers of the series that was measured, the report belongs to that patient and study (Comprehensive 3D SR). Without
(the scan came from NIfTI, or no headers were sent to the service), it is an Enhanced SR that names nobody.
"""

import io
from collections.abc import Sequence

from highdicom import UID
from highdicom.sr import (
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    EnhancedSR,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import MRImageStorage

import mrifoundation
from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange.patient_study import PATIENT_AND_STUDY, make_valid
from mrifoundation.tasks.report.document import Report
from mrifoundation.tasks.report.measurement_groups import answer_group, heart_groups, structure_group
from mrifoundation.volume.source_headers import UIDS

SERIES_NUMBER = 9701


def as_dicom(report: Report, vocabulary: Vocabulary, source: Sequence[Dataset] = ()) -> bytes:
    """The file's bytes. source: headers of the images measured, all of one study; [] when there are none. InputError when nothing was
    measured."""
    groups = [
        structure_group(one, vocabulary, report.model_id, report.trusts.get(one.name)) for one in report.structures
    ]
    groups += heart_groups(report.function, report.model_id)
    groups += [answer_group(answer, report.model_id) for answer in report.answers if answer.applicable]
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
        evidence=[_evidence(header) for header in source] or [_evidence(_nobody())],
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
        specific_character_set="ISO_IR 192",  # UTF-8: people call their heads as they like
    )
    if not source:  # nothing was referenced: the stand-in only carried empty fields
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
            document.pop(keyword, None)
    canvas = io.BytesIO()
    document.save_as(canvas, enforce_file_format=True)
    return canvas.getvalue()


def headers_of_study(series: Sequence[Sequence[Dataset]]) -> list[Dataset]:
    """Of the headers of several series, those of the first one's study, each image once; [] where the first has none."""
    first = series[0][0] if series and series[0] else None
    found = [header for headers in series for header in headers] if first else []
    of_study = [header for header in found if header.StudyInstanceUID == first.StudyInstanceUID]
    return list({header.SOPInstanceUID: header for header in of_study}.values())


def _evidence(header: Dataset) -> Dataset:
    """What the file takes from an image, as DICOM allows it."""
    taken = Dataset()
    for keyword in (*UIDS, *PATIENT_AND_STUDY):
        if keyword in header:
            setattr(taken, keyword, header[keyword].value)
    make_valid(taken)
    return taken


def _observer() -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(UID(), name="MRIFoundation", manufacturer_name="MRIFoundation")
    return ObservationContext(observer_device_context=ObserverContext(codes.DCM.Device, device))


def _nobody() -> Dataset:
    empty = Dataset()
    empty.StudyInstanceUID, empty.SeriesInstanceUID, empty.SOPInstanceUID = UID(), UID(), UID()
    empty.SOPClassUID = MRImageStorage
    return empty
