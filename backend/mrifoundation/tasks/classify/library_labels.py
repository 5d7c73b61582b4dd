"""Cases of the library as labelled examinations: by what their sources tell, or by what a person says of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mrifoundation.errors import InputError
from mrifoundation.library.case import FACT_NAMES
from mrifoundation.tasks.classify.labelled import MOST_CLASSES, Labelled, check_classes

if TYPE_CHECKING:
    from mrifoundation.library import Library
    from mrifoundation.library.case import Case

MOST_CASES = 100_000  # of a collection


def library_labels(library: "Library", collection: str, fact: str) -> list[Labelled]:
    """The cases of a collection of the library whose source tells `fact` (diagnosis, sex, sequence ...), which is their label.

    What was only guessed is no label. Raises InputError as `check_classes` does, and when no case of the collection tells it.
    """
    found = _cases_of(library, collection)
    cases = [_labelled(library, case, str(case.facts[fact])) for case in found if _tells(case, fact)]
    if not cases:
        raise InputError(
            f"None of the {len(found)} cases of the collection '{collection}' tells its {fact}; choose another fact or collection."
        )
    check_classes(cases)
    return cases


def marked_labels(library: "Library", labels: Mapping[str, str]) -> list[Labelled]:
    """The cases of the library that a person labelled: id → label. Raises InputError as `check_classes` does, and for an id that is
    not there."""
    cases = [_labelled(library, library.case(case), " ".join(label.split())) for case, label in labels.items()]
    check_classes(cases)
    return cases


def library_columns(library: "Library", collection: str) -> list[dict]:
    """What a head could be taught from: each fact that the sources of the collection's cases tell, as {"column", "classes": label → people
    (none where there are more than a head tells apart), "unknown": cases of unknown people, which count as a person each, "problem": why no
    head can be taught from it, else ""}; those that can come first.

    Raises InputError when there is no such collection."""
    found = _cases_of(library, collection)
    told = {fact: [case for case in found if _tells(case, fact)] for fact in FACT_NAMES}
    columns = [_column(library, fact, cases) for fact, cases in told.items() if cases]
    return sorted(columns, key=lambda column: bool(column["problem"]))


def _column(library: "Library", fact: str, told: "Sequence[Case]") -> dict:
    cases = [_labelled(library, case, str(case.facts[fact])) for case in told]
    problem = ""
    try:
        check_classes(cases)
    except InputError as error:
        problem = str(error)
    people = defaultdict(set)
    for case in cases:
        people[case.label].add(case.patient)
    classes = {label: len(people[label]) for label in sorted(people)} if len(people) <= MOST_CLASSES else {}
    unknown = sum(not case.is_known for case in cases)
    return {"column": fact, "classes": classes, "unknown": unknown, "problem": problem}


def _cases_of(library: "Library", collection: str) -> "list[Case]":
    found, total = library.cases(collection, {}, 0, MOST_CASES) if library.exists else ([], 0)
    if not total:
        raise InputError(f"There is no collection '{collection}' in the library; add its scans first.")
    return found


def _tells(case: "Case", fact: str) -> bool:
    """Whether the case's source tells it: what was only guessed is no label."""
    return case.facts.get(fact) not in (None, "", "unknown") and fact not in case.guessed


def _labelled(library: "Library", case: "Case", label: str) -> Labelled:
    patient = case.patient or case.case
    return Labelled(case.name, lambda: (library.read(case.case),), label, patient, is_known=bool(case.patient))
