"""Cases with and without a lesion: real ones as far as there are any, and simulated ones that are named so."""

from collections.abc import Callable
from functools import partial

import numpy as np

from mrifoundation.volume import Scan
from mrifoundation.volume.orientation import CanonicalAxes
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.heads.example import Example, from_files
from mrifoundation_training.heads.reference_lesion import reference_lesion
from mrifoundation_training.heads.simulated import GLIOMA, HEALTHY, MULTIPLE_SCLEROSIS
from mrifoundation_training.heads.simulated_cache import kept_simulated_scan
from mrifoundation_training.reports.facts import names_tumour, tells_tumour

TUMOUR, NO_TUMOUR = "brain tumour", "no brain tumour"
LESIONS, NO_LESIONS = "white-matter lesions", "no white-matter lesions"
SARCOMA, NO_SARCOMA = "soft-tissue tumour", "no soft-tissue tumour"
MARGIN_MM = 6.0  # between a tumour and the slab that counts as free of it


def tumour_examples(cases: list[Case]) -> list[Example]:
    """Real gliomas and real brains without one, multiple sclerosis among these; simulated gliomas, sclerosis and healthy heads."""
    real = [_real(case, told) for case in _brains(cases) if (told := _tumour_told(case.diagnosis))]
    labels = {GLIOMA: TUMOUR, MULTIPLE_SCLEROSIS: NO_TUMOUR, HEALTHY: NO_TUMOUR}
    return real + _simulated(cases, labels)


def _tumour_told(diagnosis: str) -> str | None:
    """What a diagnosis says of tumours; None where it leaves it open."""
    if diagnosis == "unknown" or (names_tumour(diagnosis) and not tells_tumour(diagnosis)):
        return None
    return TUMOUR if names_tumour(diagnosis) else NO_TUMOUR


def white_matter_examples(cases: list[Case]) -> list[Example]:
    """Real brains with multiple sclerosis and healthy ones, and simulated heads with and without. Gliomas are neither."""
    real = [
        _real(case, LESIONS if "multiple sclerosis" in case.diagnosis else NO_LESIONS)
        for case in _brains(cases)
        if "sclerosis" in case.diagnosis or case.diagnosis == "healthy"
    ]
    return real + _simulated(cases, {MULTIPLE_SCLEROSIS: LESIONS, HEALTHY: NO_LESIONS})


def sarcoma_examples(cases: list[Case]) -> list[Example]:
    """Two slabs of equal thickness of each real scan: one through the tumour, one beyond it."""
    found = []
    for case in cases:
        if case.source == "sarcoma" and case.image and case.labels:
            for label, through in ((SARCOMA, True), (NO_SARCOMA, False)):
                name = f"{case.id}-{'through' if through else 'beyond'}"
                slab = partial(_slab, case, through)
                read, lesion = partial(_images, slab), partial(_lesion, slab)
                found.append(
                    Example(name, case.subject, label, read, case.source, case.tier, case.split, lesion=lesion)
                )
    return found


def _brains(cases: list[Case]) -> list[Case]:
    """Whole brains of grown people (a hippocampus crop shows no more than itself)."""
    return [case for case in cases if case.region == "brain" and case.image and case.source != "hippocampus"]


def _real(case: Case, label: str) -> Example:
    lesion = reference_lesion(case)
    return Example(
        case.id, case.subject, label, from_files(case.image), case.source, case.tier, case.split, lesion=lesion
    )


def _simulated(cases: list[Case], labels: dict[str, str]) -> list[Example]:
    """Each whole head once a disease; the head is the patient, so that all its images stay in one fold.

    One measurement serves several heads: its name tells host and disease, not the question."""
    hosts = [case for case in cases if case.source == "synthseg" and case.split == "train"]
    shapes = [case for case in cases if case.source == "openms" and case.split == "train" and case.labels]
    found = []
    for n, host in enumerate(hosts):
        for disease, label in labels.items():
            shape = shapes[n % len(shapes)] if shapes and disease == MULTIPLE_SCLEROSIS else None
            if shape is None and disease == MULTIPLE_SCLEROSIS:
                continue
            name = f"{host.id}-{disease.replace(' ', '-')}"
            read = partial(_drawn, host, disease, shape, n)
            tier = shape.tier if shape else host.tier
            found.append(Example(name, host.subject, label, read, f"simulated {disease}", tier, simulated=True))
    return found


def _drawn(host: Case, disease: str, shape: Case | None, seed: int) -> tuple[Scan, ...]:
    return (kept_simulated_scan(host, disease, shape, seed),)


def _images(slab: Callable[[], tuple[Scan, Scan]]) -> tuple[Scan, ...]:
    return slab()[:1]


def _lesion(slab: Callable[[], tuple[Scan, Scan]]) -> Scan:
    return slab()[1]


def _slab(case: Case, through: bool) -> tuple[Scan, Scan]:
    """The slab, and where its tumour is."""
    scan, labels = read_place(case.image), read_place(case.labels)
    axes = CanonicalAxes.of(scan.affine)
    tumour = axes.apply(labels.voxels) > 0
    marked = np.flatnonzero(tumour.any(axis=(0, 1)))
    affine = axes.affine(scan.affine, scan.shape)
    voxels, step = axes.apply(scan.voxels), float(np.linalg.norm(affine[:3, 2]))
    first, last = _slices(marked, voxels.shape[2], max(1, round(MARGIN_MM / step)), through)
    affine = affine.copy()
    affine[:3, 3] += first * affine[:3, 2]
    parts = (voxels[:, :, first:last], tumour[:, :, first:last].astype(np.float32))
    return tuple(Scan(part, affine, case.id) for part in parts)


def _slices(marked: np.ndarray, count: int, margin: int, through: bool) -> tuple[int, int]:
    """First and one past the last slice of a slab as thick as the larger tumour-free end."""
    below, above = marked[0] - margin, count - (marked[-1] + 1 + margin)
    thick = max(below, above, 1)
    if not through:
        return (0, below) if below >= above and below > 0 else (count - thick, count)
    first = int(np.clip((marked[0] + marked[-1] + 1 - thick) // 2, 0, count - thick))
    return first, first + thick
