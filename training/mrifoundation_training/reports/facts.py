"""What is known of an example, as plain facts; what a source does not tell is left out and never called false."""

import re
from dataclasses import dataclass, field

import numpy as np

from mrifoundation.library.stated_diagnosis import leaves_open
from mrifoundation_training.data.manifest import Case

THICK = 2.0  # times the thinnest direction
PLANES = ("sagittal", "coronal", "axial")
SEQUENCES = frozenset({"T1", "T1c", "T2", "T2*", "FLAIR", "PD", "cine", "DWI", "MRA"})
NOBODY_KNOWS = ("", "unknown")
_TUMOUR = re.compile(r"tumou?r|sarcoma|glioma|blastoma|carcinoma|cancer|metasta|lymphoma|meningioma", re.IGNORECASE)
_HEALTHY = re.compile(r"healthy|normal", re.IGNORECASE)
_HEAD = re.compile(r"\bhead\b", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """known: key → value (region, sequence, skull, slices, plane, phase, diagnosis, tumour, and "yes" for the scan's own caption or
    report). shows, lacks: names of structures that are surely in view and surely not. A key that is not there is not known."""

    known: dict[str, str]
    shows: frozenset[str] = field(default_factory=frozenset)
    lacks: frozenset[str] = field(default_factory=frozenset)


def facts_of_case(case: Case, mirrored: bool = False) -> dict[str, str]:
    """What a manifest row tells of its scan, whatever part of it is looked at. mirrored: left and right are swapped, and the caption
    may name one of them."""
    known = {} if case.region in NOBODY_KNOWS else {"region": case.region}
    if case.sequence in SEQUENCES:
        known["sequence"] = case.sequence
    if case.diagnosis not in NOBODY_KNOWS:
        known["diagnosis"] = case.diagnosis
    known |= _tumour_told(case.diagnosis)
    for phase in ("end-diastole", "end-systole"):
        if phase in case.caption:
            known["phase"] = phase
    if case.image is not None:
        known |= _skull_told(case)
        if case.caption and not mirrored:
            known[own_caption(case)] = "yes"
    return known


def own_caption(case: Case) -> str:
    """Key of the fact that a caption was written for this scan; others do not have it, since a caption may tell more than its row."""
    return f"caption: {case.caption}"


def _tumour_told(diagnosis: str) -> dict[str, str]:
    """Another disease, or one that is only suspected, says nothing about tumours."""
    if _HEALTHY.fullmatch(diagnosis.strip()):
        return {"tumour": "no"}
    return {"tumour": "yes"} if tells_tumour(diagnosis) else {}


def tells_tumour(diagnosis: str) -> bool:
    """Whether a diagnosis says that there is one, without doubt."""
    return names_tumour(diagnosis) and not leaves_open(diagnosis)


def names_tumour(text: str) -> bool:
    """Whether a diagnosis or structure is about a tumour, be it that there is one, was one, or may be."""
    return _TUMOUR.search(text) is not None


def _skull_told(case: Case) -> dict[str, str]:
    """A caption that speaks of the brain alone leaves open what is around it: many scans are crops."""
    if case.region != "brain":
        return {}
    if "skull-stripped" in case.caption:
        return {"skull": "stripped"}
    return {"skull": "kept"} if _HEAD.search(case.caption) else {}


def facts_of_rendering(
    case: Case, sequence: str | None, stripped: bool, whole: bool, tumour: bool = False
) -> dict[str, str]:
    """What is known of an image that was made from the case's labels, with or without a simulated tumour.

    whole: these name everything of the body. What lies around others was made up, so nobody can say of it what it shows."""
    known = {} if case.region in NOBODY_KNOWS else {"region": case.region}
    if sequence and not (
        tumour and sequence == "T1"
    ):  # its rim is bright, as after contrast, or it is not: nobody can tell
        known["sequence"] = sequence
    if case.region == "brain" and (stripped or whole):
        known["skull"] = "stripped" if stripped else "kept"
    if tumour:
        known["tumour"] = "yes"
    elif whole and not any(names_tumour(name) for name in case.table.values()):
        known["tumour"] = "no"
    return known


def facts_of_slices(native: np.ndarray) -> dict[str, str]:
    """Slice thickness and plane from the spacing along the canonical axes, mm [3]; no plane where two directions are coarse."""
    finest, middle, coarsest = np.sort(native)
    if coarsest < THICK * finest:
        return {"slices": "thin"}
    return {"slices": "thick"} | ({"plane": PLANES[int(native.argmax())]} if coarsest >= THICK * middle else {})
