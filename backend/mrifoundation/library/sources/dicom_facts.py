"""What a DICOM header tells of its series without naming the patient. Private tags are never looked at."""

from typing import Any

from pydicom.dataset import Dataset

from mrifoundation.library.sources.wording import age_of, facts_of_text, sex_of
from mrifoundation.volume.burnt_in import burnt_in_flags
from mrifoundation.volume.dicom_headers import image_kinds, is_localizer, numbers, safe_description

# Third and later values of ImageType (PS3.3 C.8.13.3.1.1 and common use) of what is computed from other images.
_COMPUTED = {
    "ADC", "FA", "MPR", "MIP", "MINIP", "PROJECTION IMAGE", "REFORMATTED", "SUBTRACT", "SUBTRACTION", "CSA MPR", "CSAPARALLEL", "TRACEW",
    "RCBV", "RCBF", "MTT", "TTP", "T1 MAP", "T2 MAP", "SCREEN SAVE", "SCREENSAVE", "COLLAGE",
}  # fmt: skip
_IDENTIFYING = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyDate",
    "StudyID",
    "InstitutionName",
    "ReferringPhysicianName",
)


def why_skipped(header: Dataset) -> str | None:
    """What a series is that no one looks for ("localizer", "derived series", "other modality"); None for one to take in."""
    if is_localizer(header):
        return "localizer"
    if is_derived(header):
        return "derived series"
    return None if header.get("Modality") in (None, "", "MR") else "series of another modality"


def is_derived(header: Dataset) -> bool:
    """Whether the images were computed from others. DERIVED alone says little: much anonymised or filtered material carries it."""
    kinds = image_kinds(header)
    return "SECONDARY" in kinds or bool(kinds & _COMPUTED)


def header_facts(header: Dataset) -> dict[str, Any]:
    """Facts from words, else from echo and repetition time; and what the pixels may tell of the patient (flags)."""
    words = " ".join(str(header.get(key) or "") for key in ("ProtocolName", "SequenceName"))
    facts = facts_of_text(f"{header.get('BodyPartExamined') or ''} {safe_description(header)} {words}")
    if "sequence" not in facts and (sequence := _sequence_of_times(header)):
        facts["sequence"] = sequence
    if str(header.get("ContrastBolusAgent") or "").strip().lower() not in ("", "none", "no", "n/a"):
        facts["contrast"] = True
        facts["sequence"] = "T1c" if facts.get("sequence") == "T1" else facts.get("sequence")
    told = {"age": age_of(header.get("PatientAge")), "sex": sex_of(header.get("PatientSex"))}
    if flags := burnt_in_flags(header):
        told["flags"] = list(flags)
    return {name: value for name, value in (facts | told).items() if value is not None}


def patient_of(header: Dataset) -> str | None:
    """Who the patient is, to be hashed."""
    told = [str(header.get(key) or "").strip() for key in ("PatientID", "IssuerOfPatientID")]
    return "/".join(filter(None, told)) if told[0] else None


def person_of(header: Dataset) -> str | None:
    """The patient's id alone, where the header also tells who issued it: that is told in some studies of a patient and not in others."""
    told = str(header.get("PatientID") or "").strip()
    return told if told and told != patient_of(header) else None


def identifiers(header: Dataset) -> dict[str, str]:
    """Names, ids and dates, for those who ask for them."""
    return {key: str(header.get(key)) for key in _IDENTIFYING if str(header.get(key) or "").strip()}


def _sequence_of_times(header: Dataset) -> str | None:
    """T1, T2, PD or FLAIR from times in ms, where spin echoes make them mean that; None elsewhere."""
    repetition, echo, inversion = (numbers(header, key, 1) for key in ("RepetitionTime", "EchoTime", "InversionTime"))
    scanning = header.get("ScanningSequence") or ""
    kinds = {scanning} if isinstance(scanning, str) else set(scanning)
    if not repetition or not echo or not kinds & {"SE", "IR"}:
        return None
    if inversion and inversion[0] > 1500 and echo[0] > 60:
        return "FLAIR"
    if echo[0] >= 60:
        return "T2" if repetition[0] >= 1500 else None
    if echo[0] <= 40:
        return "T1" if repetition[0] <= 1000 else "PD" if repetition[0] >= 1500 else None
    return None
