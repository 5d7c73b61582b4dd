"""Similar cases of the library: what is known of them, quoted as theirs and never as this scan's."""

from typing import TYPE_CHECKING

from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Section, Sentence
from mrifoundation.tasks.search import Wanted, search_library

if TYPE_CHECKING:
    from mrifoundation.library import Library

CASES = 3
LONGEST = 400  # characters of a quoted report


def similar_section(study: Study, library: "Library") -> Section:
    """The nearest cases of other people, each with its caption or the beginning of its report."""
    asked = Wanted(scan=study.scans[0], k=CASES, profile=study.encodings[0].profile)
    found = search_library(study.engine, library, asked)
    sentences = [_quoted(hit) for hit in found["hits"]]
    if not sentences:
        return Section(
            "Similar cases",
            (Sentence("The library holds no other case that could be compared.", {"searched": found["searched"]}),),
        )
    about = Sentence(
        f"Nearest of {found['searched']} cases of the library; what is quoted is said of those, not of this scan.",
        {"searched": found["searched"]},
    )
    return Section("Similar cases", (about, *sentences))


def _quoted(hit: dict) -> Sentence:
    words = " ".join((hit.get("report") or hit.get("caption") or "").split())
    words = words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + " …"
    score = hit["score"]
    near = f" (similarity {score:.2f})" if score is not None else ""
    said = f": “{words}”" if words else " has neither caption nor report"
    facts = {"case": hit["case"], "collection": hit["collection"], "score": score, "facts": hit["facts"]}
    return Sentence(
        f"Case {hit['case'][:12]} of {hit['collection']}{near}{said}{'' if words.endswith('.') else '.'}", facts
    )
