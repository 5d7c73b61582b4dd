"""Patient and study of an image as the files made from it may state them: what DICOM asks for is there, and what it forbids is not."""

from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

# Files must have these, be they empty (PS3.3 C.7.1.1, C.7.2.1).
PATIENT_AND_STUDY = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "StudyDate",
    "StudyTime",
)
_SEXES = ("M", "F", "O")
_IDENTITY_REMOVED = "PatientIdentityRemoved"
_HOW = ("DeidentificationMethod", "DeidentificationMethodCodeSequence")


def make_valid(header: Dataset) -> list[str]:
    """Leave empty, as if it were not stated, what is missing or not in DICOM's form; gives the keywords of what was stated.

    That the patient's identity was removed may be said only together with how (C.7.1.1), so else it is left out.
    """
    odd = []
    for keyword in PATIENT_AND_STUDY:
        value = header.get(keyword)
        allowed = _allowed(keyword, value) if value else ""
        if allowed is None:
            odd.append(keyword)
        setattr(header, keyword, allowed or "")
    if header.get(_IDENTITY_REMOVED) == "YES" and not any(header.get(keyword) for keyword in _HOW):
        del header[_IDENTITY_REMOVED]
        odd.append(_IDENTITY_REMOVED)
    return odd


def odd_note(keywords: list[str]) -> str:
    """The sentence for what `make_valid` left empty; it tells no value, since that may name somebody."""
    names = ", ".join(keywords)
    return f"The series states {names} in no form that DICOM allows, so the file does not state it; correct it there if it is needed."


def _allowed(keyword: str, value):
    """The value in DICOM's form, None where it has no meaning there. highdicom and validators refuse the forms that are looked at."""
    try:
        if keyword.endswith("Date"):
            return str(DA(value)).replace(".", "")  # before DICOM 3.0 a date was written with points
        if keyword.endswith("Time"):
            return str(TM(value))
    except (TypeError, ValueError):
        return None
    return value if keyword != "PatientSex" or value in _SEXES else None
