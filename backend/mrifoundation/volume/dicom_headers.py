"""DICOM headers of a folder: which files are images, and what geometry and order each of their frames states."""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import ENTRY_BUDGET
from mrifoundation.volume.content import sniff
from mrifoundation.volume.dicom_file import read_header

_NOT_SCANS = {"SEG", "RTSTRUCT", "RTDOSE", "RTPLAN", "RTIMAGE", "SR", "PR", "KO", "REG", "DOC", "FID", "RWV", "AU"}
_NAMES = (
    "PatientName",
    "OtherPatientNames",
    "PatientBirthName",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
)
_IDENTITY = (
    *_NAMES,
    "PatientID",
    "OtherPatientIDs",
    "PatientBirthDate",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "AccessionNumber",
    "StudyID",
)
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{6}|(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d)(?!\d)"
)
# Characters; the standard has 64 and 324, but a file may hold millions, and each word of the one is sought in the other.
_LONGEST_DESCRIPTION, _LONGEST_IDENTITY = 256, 2048
_LOCALIZER = re.compile(r"\b(loc|localizer|localiser|scout|survey|3[ -]?plane)\b", re.IGNORECASE)

# Odd values are the rule in clinical files; what matters here is checked here, and nobody can act on the warnings.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\b")


@dataclass(frozen=True)
class Frame:
    """One image plane. Lengths in mm in the patient's LPS frame; None where the file does not say.

    index: number of the frame inside its file (0 for a classic single-frame file).
    orientation: six direction cosines (along a row, then down a column). spacing: (between rows, between columns).
    order: sorts the images that share one position (echo, time point, acquisition, instance).
    """

    path: Path
    index: int
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    rows: int
    columns: int
    order: tuple
    instance: int


def image_headers(paths: Iterable[Path]) -> Iterator[tuple[Dataset, list[Frame]]]:
    """Header (no pixels) and image planes of every DICOM image among the paths; other files are passed over.

    Raises InputError when there are too many files or planes, or when there is no image but a file whose header is too large.
    """
    images, problem = 0, None
    for count, path in enumerate(paths):
        if count >= ENTRY_BUDGET:
            raise InputError(f"The folder holds more than {ENTRY_BUDGET} files; give the folder of one examination.")
        try:
            header = _header(path)
            planes = _frames(path, header) if header is not None else []
        except InputError as error:
            problem = error
            continue
        except Exception:  # whatever pydicom trips over, that file is not an image and the others still are
            continue
        images += len(planes)
        if images > ENTRY_BUDGET:
            raise InputError(f"The files hold more than {ENTRY_BUDGET} images; give the folder of one examination.")
        if planes:
            yield header, planes
    if problem is not None and not images:
        raise problem


def _header(path: Path) -> Dataset | None:
    if path.name == "DICOMDIR" or sniff(path).kind != "dicom":
        return None
    header = read_header(path)
    is_image = header.get("Rows") and header.get("Columns") and header.get("Modality") not in _NOT_SCANS
    return header if is_image else None


def _frames(path: Path, header: Dataset) -> list[Frame]:
    """The image planes of one file, one for a classic file, many for an enhanced multi-frame one."""
    per_frame = header.get("PerFrameFunctionalGroupsSequence")
    count = int((numbers(header, "NumberOfFrames", 1) or (1,))[0])
    if not per_frame:
        plain = _frame(path, header, 0, [header])
        # The one position of an old multi-frame file cannot hold for all of its frames.
        claimed = range(min(count, ENTRY_BUDGET))
        return [plain] if count == 1 else [replace(plain, index=index, position=None) for index in claimed]
    shared = list(header.get("SharedFunctionalGroupsSequence") or [])
    return [_frame(path, header, index, [group, *shared, header]) for index, group in enumerate(per_frame)]


def numbers(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """The first `count` numbers of an attribute, or None when they are absent or are not numbers."""
    try:
        value = dataset.get(keyword)
        values = [value] if isinstance(value, (str, int, float)) else list(value if value is not None else ())
        found = tuple(float(item) for item in values[:count])
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None


def safe_description(header: Dataset) -> str:
    """The series description without the patient's name, numbers and dates that people type into it."""
    description = _DATE.sub("", str(header.get("SeriesDescription") or ""))
    if len(description) > _LONGEST_DESCRIPTION:
        return ""
    for keyword in _IDENTITY:
        for part in re.split(r"[\s^=,\\]+", _text(header, keyword)):
            if len(part) >= (2 if keyword in _NAMES else 3):
                description = re.sub(rf"(?<![^\W_]){re.escape(part)}(?![^\W_])", "", description, flags=re.IGNORECASE)
    return re.sub(r"[\s_]{2,}", " ", description).strip(" _-^")


def _text(header: Dataset, keyword: str) -> str:
    value = header.get(keyword) or ""
    return (" ".join(map(str, value)) if isinstance(value, MultiValue) else str(value))[:_LONGEST_IDENTITY]


def image_kinds(header: Dataset) -> set[str]:
    """The values of ImageType in capitals (ORIGINAL, PRIMARY, M, MOSAIC ...)."""
    kinds = header.get("ImageType") or ()
    return {str(kind).upper() for kind in ([kinds] if isinstance(kinds, str) else kinds)}


def is_localizer(header: Dataset) -> bool:
    """Whether this image only serves planning: three crossing planes, of no use as a volume."""
    return "LOCALIZER" in image_kinds(header) or bool(_LOCALIZER.search(str(header.get("SeriesDescription") or "")))


def _frame(path: Path, header: Dataset, index: int, groups: list[Dataset]) -> Frame:
    def first(sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
        for group in groups:
            for item in [group] if group is header else group.get(sequence) or ():
                found = numbers(item, keyword, count)
                if found is not None:
                    return found
        return None

    thickness = first("PixelMeasuresSequence", "SpacingBetweenSlices", 1) or first(
        "PixelMeasuresSequence", "SliceThickness", 1
    )
    instance = int((numbers(header, "InstanceNumber", 1) or (0,))[0])
    return Frame(
        path=path,
        index=index,
        position=first("PlanePositionSequence", "ImagePositionPatient", 3),
        orientation=first("PlaneOrientationSequence", "ImageOrientationPatient", 6),
        spacing=first("PixelMeasuresSequence", "PixelSpacing", 2)
        or first("PixelMeasuresSequence", "ImagerPixelSpacing", 2),
        thickness=thickness[0] if thickness else None,
        rows=int(header.Rows),
        columns=int(header.Columns),
        order=(
            "P" in image_kinds(header),
            (first("MREchoSequence", "EffectiveEchoTime", 1) or numbers(header, "EchoTime", 1) or (0.0,))[0],
            (
                first("FrameContentSequence", "TemporalPositionIndex", 1)
                or numbers(header, "TemporalPositionIdentifier", 1)
                or (0.0,)
            )[0],
            (numbers(header, "AcquisitionNumber", 1) or (0.0,))[0],
            instance,
            index,
        ),
        instance=instance,
    )
