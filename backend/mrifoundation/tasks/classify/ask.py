"""Several heads asked about one study, with progress."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.errors import Cancelled
from mrifoundation.tasks.classify.classification import Classification
from mrifoundation.tasks.classify.classify import classify
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.head_files import find_head, list_heads
from mrifoundation.tasks.classify.nearest import nearest_cases
from mrifoundation.tasks.classify.study import Study

if TYPE_CHECKING:
    from mrifoundation.library import Library


def ask_heads(
    study: Study,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    library: "Library | None" = None,
) -> list[Classification]:
    """The answers of these heads, or of all there are, in order; of several series a head that wants one gets the first. library: where
    the nearest cases of each class are looked for.

    Raises InputError for a head that is not there, and Cancelled."""
    heads = [find_head(name) for name in (names if names is not None else [card.name for card in list_heads()])]
    answers = []
    for number, head in enumerate(heads):
        if cancel and cancel():
            raise Cancelled("Classifying was cancelled.")
        if progress:
            progress("classify", number / len(heads), f"Asking about {head.card.title.lower()}.")
        answers.append(_answer(study, head, library))
    return answers


def _answer(study: Study, head: Head, library: "Library | None") -> Classification:
    asked = study.first if len(head.card.inputs) == 1 else study
    answer = classify(asked, head)
    if not answer.applicable:
        return answer
    if asked is not study:
        answer = replace(answer, caution=f"Of the series, only the first was looked at. {answer.caution}")
    if library is not None:
        answer = replace(answer, evidence=[*answer.evidence, *nearest_cases(asked, head.card, library)])
    return answer
