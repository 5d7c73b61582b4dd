"""What DICOM attributes tell of text in the pixels, and of faces: nothing else here would take them off, or notice them."""

from collections.abc import Collection, Iterable

from pydicom.dataset import Dataset

from mrifoundation.volume.dicom_headers import image_kinds

TEXT, PERHAPS, RECOGNISABLE = "burnt-in text", "possibly burnt-in text", "recognisable features"
_LOOK = "look at them before anything of them is passed on"
NOTES = {
    TEXT: f"The images say that text is burnt into them, which may name the patient; {_LOOK}.",
    PERHAPS: f"The images are secondary captures or screen shots, and do not say that no text is burnt into them; {_LOOK}.",
    RECOGNISABLE: f"The images say that the patient can be recognised from them, as from a face; {_LOOK}.",
}
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # and its multi-frame kinds, .1 to .4 below it
# DERIVED alone is no sign of it: much anonymised or filtered material carries it.
_CAPTURED = {"SECONDARY", "SCREEN SAVE", "SCREENSAVE", "SCREENSHOT", "COLLAGE"}


def burnt_in_flags(header: Dataset) -> tuple[str, ...]:
    """TEXT (BurnedInAnnotation is YES) or PERHAPS (it is not told, and the image is a secondary capture), and RECOGNISABLE
    (RecognizableVisualFeatures is YES), as far as they hold of one image (PS3.3 C.7.6.1)."""
    told = _told(header, "BurnedInAnnotation")
    text = (TEXT,) if told == "YES" else (PERHAPS,) if told != "NO" and _is_captured(header) else ()
    return text + ((RECOGNISABLE,) if _told(header, "RecognizableVisualFeatures") == "YES" else ())


def flags_together(images: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Those of a series, from those of its images: one that is sure leaves no doubt."""
    found = {flag for flags in images for flag in flags}
    return tuple(flag for flag in NOTES if flag in found and not (flag == PERHAPS and TEXT in found))


def flags_of_notes(notes: Collection[str]) -> list[str]:
    """Those that a scan was read with, by its notes."""
    return [flag for flag, sentence in NOTES.items() if sentence in notes]


def _is_captured(header: Dataset) -> bool:
    kind = str(header.get("SOPClassUID") or "")
    is_secondary = kind == _SECONDARY_CAPTURE or kind.startswith(f"{_SECONDARY_CAPTURE}.")
    return is_secondary or bool(header.get("ConversionType")) or bool(image_kinds(header) & _CAPTURED)


def _told(header: Dataset, keyword: str) -> str:
    return str(header.get(keyword) or "").strip().upper()
