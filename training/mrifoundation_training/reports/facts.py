"""What is known of an example, as plain facts; what a source does not tell is left out and never called false."""

from dataclasses import dataclass, field

import numpy as np

from mrifoundation_training.data.manifest import Case

THICK = 2.0  # times the thinnest direction
PLANES = ("sagittal", "coronal", "axial")
SEQUENCES = frozenset({"T1", "T1c", "T2", "T2*", "FLAIR", "PD", "cine", "DWI", "MRA"})
TUMOURS = ("tumor", "sarcoma", "glioma", "cancer")


@dataclass(frozen=True)
class Facts:
    """known: key → value (region, sequence, skull, slices, plane, phase, diagnosis, tumour). shows, lacks: names of structures that are
    surely in view and surely not."""

    known: dict[str, str]
    shows: frozenset[str] = field(default_factory=frozenset)
    lacks: frozenset[str] = field(default_factory=frozenset)


def facts_of_case(case: Case) -> dict[str, str]:
    """What a manifest row tells of its scan, whatever part of it is looked at."""
    known = {"region": case.region}
    if case.sequence in SEQUENCES:
        known["sequence"] = case.sequence
    if case.diagnosis not in ("", "unknown"):
        known["diagnosis"] = case.diagnosis
        known["tumour"] = "yes" if any(word in case.diagnosis for word in TUMOURS) else "no"
    for phase in ("end-diastole", "end-systole"):
        if phase in case.caption:
            known["phase"] = phase
    if case.region == "brain" and case.image is not None:
        known["skull"] = "stripped" if "skull-stripped" in case.caption else "kept"
    return known


def facts_of_rendering(
    case: Case, sequence: str | None, stripped: bool, whole: bool, tumour: bool = False
) -> dict[str, str]:
    """What is known of an image that was made from the case's labels, with or without a simulated tumour."""
    known = {"region": case.region}
    if sequence and not (
        tumour and sequence == "T1"
    ):  # its rim is bright, as after contrast, or it is not: nobody can tell
        known["sequence"] = sequence
    if case.region == "brain":
        known["skull"] = "stripped" if stripped else "kept"
    if whole:
        known["tumour"] = "yes" if tumour else "no"
    return known


def facts_of_slices(native: np.ndarray) -> dict[str, str]:
    """Slice thickness and plane from the spacing along the canonical axes, mm [3]."""
    if native.max() < THICK * native.min():
        return {"slices": "thin"}
    return {"slices": "thick", "plane": PLANES[int(native.argmax())]}
