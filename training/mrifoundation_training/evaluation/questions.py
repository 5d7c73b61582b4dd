"""What may fairly be asked of a case: what its labels tell and what cannot be in view; no more than that."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from mrifoundation.anatomy import Structure, Vocabulary
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.targets import elsewhere

ELSEWHERE_PER_CASE = 16


@dataclass(frozen=True)
class Question:
    """name: the structure asked for. values: label values whose union it is; () for a structure that is out of view."""

    name: str
    values: tuple[int, ...]

    @property
    def elsewhere(self) -> bool:
        return not self.values


def labelled_questions(case: Case, vocabulary: Vocabulary, knows: Callable[[Structure], bool]) -> list[Question]:
    """Every known structure that the case's label table tells: by its own label, or by all parts of one of its unions.

    Where left and right could not be verified (orientation_checked = no) only structures without a side are asked for.
    """
    if case.labels is None:
        return []
    values_of = case.values_of
    questions = []
    for structure in vocabulary:
        if (structure.side and case.orientation_checked == "no") or not knows(structure):
            continue
        parts = vocabulary.union_in(structure.name, values_of)
        if parts is not None:
            questions.append(Question(structure.name, tuple(sorted(v for part in parts for v in values_of[part]))))
    return questions


def elsewhere_questions(
    case: Case, vocabulary: Vocabulary, knows: Callable[[Structure], bool], count: int = ELSEWHERE_PER_CASE
) -> list[Question]:
    """Up to `count` known structures of other parts of the body, which cannot be in view and are not labelled; the same ones every time.

    They are drawn by a hash of case and name, taking turns among regions, so that many cases together ask for all of
    them. What cannot be in view is decided by `data.targets.elsewhere`, as in training.
    """
    by_region: dict[str, list[str]] = defaultdict(list)
    for structure in vocabulary:
        labelled = vocabulary.union_in(structure.name, case.values_of) is not None
        if not labelled and elsewhere(structure, case.region) and knows(structure):
            by_region[structure.regions[0]].append(structure.name)
    queues = [sorted(by_region[region], key=lambda name: _lot(case.id, name)) for region in sorted(by_region)]
    turns = [name for turn in range(count) for queue in queues for name in queue[turn : turn + 1]]
    return [Question(name, ()) for name in turns[:count]]


def disjoint_batches(questions: list[Question]) -> list[list[Question]]:
    """Questions grouped so that no two of a group share a label value: structures of one label map do not overlap."""
    batches: list[tuple[set[int], list[Question]]] = []
    for question in questions:
        home = next((batch for batch in batches if not batch[0].intersection(question.values)), None)
        if home is None:
            batches.append((set(question.values), [question]))
        else:
            home[0].update(question.values)
            home[1].append(question)
    return [batch for _, batch in batches]


def _lot(case_id: str, name: str) -> str:
    return hashlib.sha256(f"{case_id}\n{name}".encode()).hexdigest()
