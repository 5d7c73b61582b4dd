"""What is lost of an answer when sequences of a study are missing.

Each sequence is encoded and asked alone: nothing that answers sees two of them at once. So the answers to those that are left are put
together by a vote, as somebody who has them all could do it; the Dice of the best of them, which needs the labels to be known, stands
beside it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.volume.same_grid import apart_mm
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.questions import disjoint_batches, labelled_questions

DROPPED, BEST = "dropped sequences", "dropped, best answer left"
UNIT = "number"


@dataclass(frozen=True)
class Left:
    """One structure, answered with what is left of a study. sequences: those that are left; dropped: how many are not. vote: Dice of the
    answers put together; best: of the best single one."""

    structure: str
    sequences: tuple[str, ...]
    dropped: int
    vote: float
    best: float


@dataclass(frozen=True, eq=False)
class Answer:
    """Of one sequence to one question. mask: bool [i, j, k]; presence: what it was told to be."""

    mask: np.ndarray
    presence: float


def studies(cases: list[Case]) -> list[list[Case]]:
    """Labelled scans of one person in two sequences or more. Whether they show one anatomy is not known before they are read."""
    people: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        people[case.source, case.subject].append(case)
    return [study for study in people.values() if len({case.sequence for case in study}) > 1]


def left_of(engine: Engine, study: list[Case], profile: str) -> list[Left]:
    """Every structure with every choice of sequences; [] unless all scans lie on one grid under the same labels (two phases of a heart
    do not). Raises InputError when one cannot be read."""
    scans = [read_place(case.image) for case in study]
    references = [reference_labels(case, scan) for case, scan in zip(study, scans, strict=True)]
    first, reference = scans[0], references[0]
    same = all(apart_mm(first.shape, first.affine, one.shape, one.affine) <= first.spacing.min() for one in scans)
    if not same or any(not np.array_equal(reference, other) for other in references):
        return []
    encodings = [engine.encode(scan, profile=profile) for scan in scans]
    questions = labelled_questions(study[0], engine.vocabulary, engine.knows)
    found = []
    for batch in disjoint_batches(questions):
        names = [question.name for question in batch]
        asked = [engine.segment(encoding, names, likeliest=True) for encoding in encodings]
        for number, question in enumerate(batch, start=1):
            truth = np.isin(reference, question.values)
            if truth.any():
                answers = [Answer(one.labels == number, one.table[number - 1]["presence"]) for one in asked]
                found += _choices(question.name, [case.sequence for case in study], answers, truth)
    return found


def _choices(structure: str, sequences: list[str], answers: list[Answer], truth: np.ndarray) -> Iterator[Left]:
    alone = [dice(answer.mask, truth) for answer in answers]
    for count in range(len(answers), 0, -1):
        for kept in combinations(range(len(answers)), count):
            together = dice(voted([answers[n] for n in kept]), truth)
            names = tuple(sequences[n] for n in kept)
            yield Left(structure, names, len(answers) - count, together, max(alone[n] for n in kept))


def voted(answers: list[Answer]) -> np.ndarray:
    """bool [i, j, k]: what those that say so hold more presence for than those that do not; of two answers that is the surer one."""
    for_it = sum(answer.presence * answer.mask for answer in answers)
    return for_it > sum(answer.presence for answer in answers) / 2


def curves_of(left: dict[str, list[Left]]) -> dict[str, dict[float, Interval]]:
    """The curves of the vote and of the best answer; left: subject → its rows."""
    return {DROPPED: _curve(left, lambda row: row.vote), BEST: _curve(left, lambda row: row.best)}


def _curve(left: dict[str, list[Left]], value: Callable[[Left], float]) -> dict[float, Interval]:
    """How many were dropped → Dice, mean over the structures and choices of a study."""
    levels: dict[float, dict[str, list[float]]] = defaultdict(dict)
    for subject, rows in left.items():
        for dropped in sorted({row.dropped for row in rows}):
            values = [value(row) for row in rows if row.dropped == dropped]
            levels[dropped][subject] = [float(np.mean(values))]
    return {level: subject_bootstrap(levels[level]) for level in sorted(levels)}


def by_structure(left: dict[str, list[Left]]) -> list[dict]:
    """One row a structure and choice of sequences, mean over the people who have them: Dice of the vote and of the best one."""
    rows: dict[tuple[str, tuple[str, ...]], dict[str, list[Left]]] = defaultdict(lambda: defaultdict(list))
    for subject, found in left.items():
        for one in found:
            rows[one.structure, tuple(sorted(one.sequences))][subject].append(one)
    return [
        {
            "structure": structure,
            "sequences": list(sequences),
            "dice": _mean_over(people, lambda row: row.vote),
            "best": _mean_over(people, lambda row: row.best),
            "subjects": len(people),
        }
        for (structure, sequences), people in rows.items()
    ]


def _mean_over(people: dict[str, list[Left]], value: Callable[[Left], float]) -> float:
    """Each of the people counts once, also who has two scans of a sequence."""
    return round(float(np.mean([np.mean([value(row) for row in rows]) for rows in people.values()])), 4)
