"""The most similar cases of the library with and without the disease, so that a reader can look at them beside the answer."""

import re
from typing import TYPE_CHECKING

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.search import Wanted, search_library

if TYPE_CHECKING:
    from mrifoundation.library import Library

LOOKED_AT = 200  # nearest cases among which one of every class is looked for


def nearest_cases(study: Study, card: HeadCard, library: "Library") -> list[Evidence]:
    """One fact a class: the library's nearest case whose source tells a diagnosis of that class, of another person than the scan's.

    The first series is compared. What is told is that case's diagnosis by its own source; no head was asked about it."""
    if not library.exists:
        return []
    words = {label: card.told_as.get(label, [label]) for label in card.classes}
    filters = {"diagnosis": [word for each in words.values() for word in each]}
    wanted = Wanted(scan=study.scans[0], filters=filters, k=LOOKED_AT, profile=study.encodings[0].profile)
    hits = search_library(study.engine, library, wanted)["hits"]
    return [_fact(label, next((hit for hit in hits if _is(hit, words, label)), None)) for label in card.classes]


def _is(hit: dict, words: dict[str, list[str]], label: str) -> bool:
    """Whether the case is told to be of this class and of no other: a word counts only as a whole, since "abnormal" is not "normal"."""
    told = str(hit["facts"].get("diagnosis", ""))
    found = {name for name, each in words.items() if any(re.search(rf"\b{re.escape(w)}\b", told, re.I) for w in each)}
    return found == {label} and "diagnosis" not in hit["guessed"]


def _fact(label: str, hit: dict | None) -> Evidence:
    what = f"nearest: {label}"
    if hit is None:
        return Evidence(what, 0.0, "cases", f"The library holds no similar case that is told to be: {label}.")
    score = hit["score"] or 0.0
    sentence = (
        f"Nearest library case with {label}: {hit['name']} of {hit['collection']} ({hit['path']}), told there as "
        f"“{hit['facts']['diagnosis']}”; similarity {score:.3f}."
    )
    return Evidence(what, round(score, 4), "", sentence, f"{hit['name']}, {hit['collection']}")
