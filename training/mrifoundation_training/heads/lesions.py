"""Cases with and without a lesion: real ones as far as there are any, and simulated ones that are named so."""

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from mrifoundation.volume import Scan, read_scan
from mrifoundation.volume.orientation import CanonicalAxes
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.heads.example import Example, from_files
from mrifoundation_training.heads.simulated import simulated_scan

TUMOUR, NO_TUMOUR = "brain tumour", "no brain tumour"
LESIONS, NO_LESIONS = "white-matter lesions", "no white-matter lesions"
SARCOMA, NO_SARCOMA = "soft-tissue tumour", "no soft-tissue tumour"
MARGIN_MM = 6.0  # between a tumour and the slab that counts as free of it


def tumour_examples(cases: list[Case]) -> list[Example]:
    """Real gliomas and other brains, and simulated gliomas in healthy heads."""
    real = [
        _real(case, TUMOUR if "glioma" in case.diagnosis or "tumor" in case.diagnosis else NO_TUMOUR)
        for case in _brains(cases)
        if case.diagnosis != "unknown"
    ]
    return real + _simulated(cases, "brats13", TUMOUR, NO_TUMOUR)


def white_matter_examples(cases: list[Case]) -> list[Example]:
    """Real brains with multiple sclerosis and healthy ones, and simulated lesions in healthy heads."""
    real = [
        _real(case, LESIONS if "multiple sclerosis" in case.diagnosis else NO_LESIONS)
        for case in _brains(cases)
        if "sclerosis" in case.diagnosis or case.diagnosis == "healthy"
    ]
    return real + _simulated(cases, "openms", LESIONS, NO_LESIONS)


def sarcoma_examples(cases: list[Case]) -> list[Example]:
    """Two slabs of equal thickness of each real scan: one through the tumour, one beyond it."""
    found = []
    for case in cases:
        if case.source == "sarcoma" and case.image and case.labels:
            for label, through in ((SARCOMA, True), (NO_SARCOMA, False)):
                name = f"{case.id}-{'through' if through else 'beyond'}"
                found.append(
                    Example(name, case.subject, label, _slab(case, through), case.source, case.tier, case.split)
                )
    return found


def _brains(cases: list[Case]) -> list[Case]:
    """Whole brains of grown people (a hippocampus crop shows no more than itself)."""
    return [case for case in cases if case.region == "brain" and case.image and case.source != "hippocampus"]


def _real(case: Case, label: str) -> Example:
    labels = (case.labels,) if case.labels else ()
    return Example(
        case.id, case.subject, label, from_files(case.image), case.source, case.tier, case.split, labels=labels
    )


def _simulated(cases: list[Case], source: str, label: str, healthy: str) -> list[Example]:
    """Each whole head once as it is and once with a lesion of `source`; the head is the patient, so that both stay in one fold."""
    hosts = [case for case in cases if case.source == "synthseg" and case.split == "train"]
    shapes = [case for case in cases if case.source == source and case.split == "train" and case.labels]
    if not shapes:
        return []
    found = []
    for n, host in enumerate(hosts):
        shape = shapes[n % len(shapes)]
        for name, drawn, what in ((f"{host.id}-plain", None, healthy), (f"{host.id}-{source}", shape, label)):
            tier = shape.tier if drawn else host.tier
            found.append(
                Example(
                    name, host.subject, what, _rendered(host, drawn, n), f"simulated ({source})", tier, simulated=True
                )
            )
    return found


@lru_cache(maxsize=64)  # a head without a lesion serves several recipes
def _rendered(host: Case, shape: Case | None, seed: int) -> Callable[[], tuple[Scan, ...]]:
    @lru_cache(maxsize=1)
    def read() -> tuple[Scan, ...]:
        with tempfile.TemporaryDirectory() as scratch:
            return (simulated_scan(host, shape, seed, Path(scratch)),)

    return read


def _slab(case: Case, through: bool) -> Callable[[], tuple[Scan, ...]]:
    def read() -> tuple[Scan, ...]:
        scan, labels = read_scan(case.image), read_scan(case.labels)
        axes = CanonicalAxes.of(scan.affine)
        marked = np.flatnonzero((axes.apply(labels.voxels) > 0).any(axis=(0, 1)))
        affine = axes.affine(scan.affine, scan.shape)
        voxels, step = axes.apply(scan.voxels), float(np.linalg.norm(affine[:3, 2]))
        first, last = _slices(marked, voxels.shape[2], max(1, round(MARGIN_MM / step)), through)
        shifted = affine.copy()
        shifted[:3, 3] += first * affine[:3, 2]
        return (Scan(voxels[:, :, first:last], shifted, case.id),)

    return read


def _slices(marked: np.ndarray, count: int, margin: int, through: bool) -> tuple[int, int]:
    """First and one past the last slice of a slab as thick as the larger tumour-free end."""
    below, above = marked[0] - margin, count - (marked[-1] + 1 + margin)
    thick = max(below, above, 1)
    if not through:
        return (0, below) if below >= above and below > 0 else (count - thick, count)
    first = int(np.clip((marked[0] + marked[-1] + 1 - thick) // 2, 0, count - thick))
    return first, first + thick
