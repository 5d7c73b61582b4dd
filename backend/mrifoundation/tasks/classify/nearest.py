"""The most similar cases of the library with and without the disease, so that a reader can look at them beside the answer."""

from typing import TYPE_CHECKING

from mrifoundation.library.stated_diagnosis import stated
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import Evidence
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.search import Wanted, search_library

if TYPE_CHECKING:
    from mrifoundation.library import Library

LOOKED_AT = 200  # nearest cases among which one of every class is looked for


def nearest_cases(study: Study, card: HeadCard, library: "Library") -> list[Evidence]:
    """One fact a class: the library's nearest case whose source tells a diagnosis of that class, of another person than the scan's.

    The first series is compared. What is told is that case's diagnosis by its own source; no head was asked about it. A case whose
    diagnosis denies or doubts something, or that was only looked up and not compared, is none of them."""
    if not library.exists:
        return []
    words = {label: card.told_as.get(label, [label]) for label in card.classes}
    filters = {"diagnosis": [word for each in words.values() for word in each]}
    wanted = Wanted(scan=study.scans[0], filters=filters, k=LOOKED_AT, profile=study.encodings[0].profile)
    hits = search_library(study.engine, library, wanted)["hits"]
    compared = [hit for hit in hits if hit["score"] is not None and "diagnosis" not in hit["guessed"]]
    told = [stated(str(hit["facts"].get("diagnosis", "")), words) for hit in compared]
    return [_fact(label, compared[told.index(label)] if label in told else None) for label in card.classes]


def _fact(label: str, hit: dict | None) -> Evidence:
    what = f"nearest: {label}"
    if hit is None:
        return Evidence(what, 0.0, "cases", f"The library holds no similar case that is told to be: {label}.")
    score = hit["score"]
    sentence = (
        f"Nearest library case with {label}: {hit['name']} of {hit['collection']} ({hit['path']}), told there as "
        f"“{hit['facts']['diagnosis']}”; similarity {score:.3f}."
    )
    return Evidence(what, round(score, 4), "", sentence, f"{hit['name']}, {hit['collection']}")
