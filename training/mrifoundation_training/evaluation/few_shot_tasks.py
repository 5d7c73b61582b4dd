"""What few-shot evaluation asks: one structure of one source, learned from few annotated scans or slices, looked for in others."""

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from mrifoundation.engine.taught.cells import marked
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import adapt
from mrifoundation.volume.orientation import CanonicalAxes
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.case_scoring import reference_labels

FEWEST_SUBJECTS = 3
LEAST_VOXELS = 30  # of the working grid that a scan must show of the structure


@dataclass(frozen=True)
class Budget:
    """How much is annotated. kind: scans | slices."""

    count: int
    kind: str

    def __str__(self) -> str:
        return f"{self.count} {self.kind if self.count > 1 else self.kind[:-1]}"


@dataclass(frozen=True, eq=False)
class Shot:
    """An annotated scan. mask, known: bool [i, j, k] on its own grid; known is None where all of it was annotated."""

    scan: Scan
    mask: np.ndarray
    known: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Task:
    """A structure of a source. teachers: scans to draw annotations from; tests: scans of other subjects."""

    source: str
    structure: str
    teachers: tuple[Case, ...]
    tests: tuple[Case, ...]

    def draw(self, budget: Budget, seed: int) -> list[Shot]:
        """The annotations of one repetition: whole scans, or slices that hold the structure, spread over as many scans as there are.

        Raises InputError when the source has fewer scans than asked for."""
        random = np.random.default_rng(zlib.crc32(f"{self.source}/{self.structure}/{budget}/{seed}".encode()))
        order = [self.teachers[n] for n in random.permutation(len(self.teachers))]
        if budget.kind == "scans":
            if len(order) < budget.count:
                raise InputError(
                    f"'{self.source}' has {len(order)} scans to learn {self.structure} from, not {budget.count}."
                )
            return [Shot(*labelled(case, self.structure), None) for case in order[: budget.count]]
        chosen = order[: budget.count]
        counts = [budget.count // len(chosen) + (n < budget.count % len(chosen)) for n in range(len(chosen))]
        return [_slices(*labelled(case, self.structure), n, random) for case, n in zip(chosen, counts, strict=True)]


def tasks_of(
    cases: list[Case],
    profile: str,
    sources: Collection[str] | None,
    structures: Collection[str] | None,
    most_tests: int | None,
) -> Iterator[Task]:
    """Every structure of every source with enough labelled scans.

    Scans of the split train teach and those of dev test; where a source has only one of the two, its first subjects teach and the
    others test. Scans without the structure, or with too little of it at `profile`, are left out.
    """
    labelled_cases = [case for case in cases if case.image and case.labels and (not sources or case.source in sources)]
    for source in sorted({case.source for case in labelled_cases}):
        own = [case for case in labelled_cases if case.source == source]
        for name in sorted({name for case in own for value, name in case.table.items() if value and name}):
            if structures and name not in structures:
                continue
            shown = [case for case in own if _shows(case, name, profile)]
            teachers, tests = _split(shown)
            if tests:
                yield Task(source, name, tuple(teachers), tuple(tests[:most_tests]))


def labelled(case: Case, name: str) -> tuple[Scan, np.ndarray]:
    """The scan of a case and where `name` is in it."""
    scan = read_place(case.image)
    return scan, np.isin(reference_labels(case, scan), case.values_of.get(name, ()))


def _split(cases: list[Case]) -> tuple[list[Case], list[Case]]:
    teachers = [case for case in cases if case.split == "train"]
    tests = [case for case in cases if case.split == "dev"]
    if teachers and tests:
        return teachers, tests
    subjects = list(dict.fromkeys(case.subject for case in cases))
    if len(subjects) < FEWEST_SUBJECTS:
        return [], []
    first = set(subjects[: len(subjects) // 2])
    return [case for case in cases if case.subject in first], [case for case in cases if case.subject not in first]


def _shows(case: Case, name: str, profile: str) -> bool:
    try:
        scan, mask = labelled(case, name)
        return bool(mask.any()) and marked(adapt(scan, profile), mask, None, case.id).voxels >= LEAST_VOXELS
    except InputError:  # cannot be read, or smaller than a working voxel
        return False


def _slices(scan: Scan, mask: np.ndarray, count: int, random: np.random.Generator) -> Shot:
    """`count` slices that hold the structure, across the axis in which the scan is coarsest (axial where it is isotropic)."""
    spacing = scan.spacing
    axial = int(np.flatnonzero(CanonicalAxes.of(scan.affine).code[:, 0] == 2)[0])
    axis = axial if np.ptp(spacing) < 0.1 * spacing.min() else int(np.argmax(spacing))
    there = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    known = np.zeros(mask.shape, bool)
    np.moveaxis(known, axis, 0)[random.permutation(there)[:count]] = True
    return Shot(scan, mask & known, known)
