"""Search a library by a scan, a marked region, words, a report, or several of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.errors import InputError
from mrifoundation.library import Case, Hit, Library, Question
from mrifoundation.library.geometry_facts import plane_of
from mrifoundation.library.region_guess import guess_region
from mrifoundation.tasks.search_facts import different_facts, shared_facts
from mrifoundation.tasks.search_likeness import likeness_of
from mrifoundation.volume import Scan

LONGEST_PART = 120  # words of a report that the sentence encoder is given at a time; it reads no more than about 200


@dataclass(frozen=True, eq=False)
class Wanted:
    """scan, with mask (bool [i, j, k] on its grid) for a region in it; text, a few words; report, a whole one; any of them together.
    filters: see `library.filters`. exclude_same_patient: as far as the library knows the patient of this very scan."""

    scan: Scan | None = None
    mask: np.ndarray | None = None
    text: str = ""
    report: str = ""
    filters: Mapping[str, Any] | None = None
    collections: Sequence[str] | None = None
    k: int = 10
    profile: str = "standard"
    exclude_same_patient: bool = True


def search_library(
    engine: Engine, library: Library, wanted: Wanted, progress: Progress | None = None, cancel: Cancel | None = None
) -> dict[str, Any]:
    """{"hits": […], "searched": number of cases compared, "notes": […]}: the object that `--json` prints and the service sends.

    Raises InputError when nothing, or something unusable, is asked for.
    """
    words = " ".join((wanted.text, wanted.report)).strip()
    if wanted.scan is None and not words:
        raise InputError("There is nothing to search for; give a scan, words or a report.")
    if wanted.mask is not None and words:
        raise InputError("A region cannot be searched together with words; ask for one of them.")
    encoding = engine.encode(wanted.scan, wanted.profile, progress, cancel) if wanted.scan is not None else None
    twins = library.twins(wanted.scan) if wanted.scan is not None else []
    twin = twins[0] if twins else None
    is_whole = wanted.scan is not None and wanted.mask is None
    question = Question(
        embedding=_embedding(engine, encoding, wanted),
        likeness=likeness_of(engine, library, encoding, wanted.scan, twin, cancel) if is_whole and not words else None,
        of_region=wanted.mask is not None,
        words=words,
        filters=wanted.filters or {},
        collections=wanted.collections,
        k=wanted.k,
        exclude_content=tuple({one.content_hash for one in twins}),
        exclude_patient=_patient_of(twins) if wanted.exclude_same_patient else None,
    )
    found = library.search(question)
    notes = list(found.notes)
    if words and not engine.reads_text:
        notes.insert(
            0,
            "These weights cannot compare scans with words: the words were only looked up in names, captions and reports.",
        )
    facts = _facts(engine, encoding, wanted.scan, twin) if encoding is not None else {}
    return {"hits": [_shown(hit, facts) for hit in found.hits], "searched": found.searched, "notes": notes}


def parts_of_report(report: str) -> list[str]:
    """A report in pieces that the sentence encoder reads whole, cut between sentences where it can be."""
    parts: list[list[str]] = [[]]
    for sentence in report.replace("\n", " ").split(". "):
        words = sentence.split()
        if parts[-1] and len(parts[-1]) + len(words) > LONGEST_PART:
            parts.append([])
        parts[-1] += [*words[:-1], words[-1].rstrip(".") + "."] if words else []
    return [" ".join(part) for part in parts if part]


def _embedding(engine: Engine, encoding: Encoding | None, wanted: Wanted) -> np.ndarray | None:
    """The mean of what is asked for, of unit length; None when there are only words and the weights read none."""
    vectors = [engine.embed(encoding, wanted.mask)] if encoding is not None else []
    if engine.reads_text:
        vectors += [engine.embed_text(wanted.text)] if wanted.text.strip() else []
        if wanted.report.strip():
            vectors.append(_unit(sum(engine.embed_text(part) for part in parts_of_report(wanted.report))))
    return _unit(sum(vectors)) if vectors else None


def _unit(vector: np.ndarray) -> np.ndarray:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def _patient_of(twins: Sequence[Case]) -> str | None:
    return next((one.patient for one in twins if one.patient), None)


def _facts(engine: Engine, encoding: Encoding, scan: Scan, twin: Case | None) -> dict[str, Any]:
    """What is known of the scan that asks: from the library when it is in there, else plane and region as they are guessed."""
    if twin is not None:
        return dict(twin.facts)
    region = guess_region(engine, encoding)
    return {"plane": plane_of(scan)} | ({"region": region} if region else {})


def _shown(hit: Hit, facts: Mapping[str, Any]) -> dict[str, Any]:
    case = hit.case
    return {
        "case": case.case,
        "collection": case.collection,
        "name": case.name,
        "path": case.source,
        "score": hit.score,
        "percentile": hit.percentile,
        "structure": hit.structure,
        "facts": dict(case.facts),
        "guessed": list(case.guessed),
        "shared": shared_facts(facts, case.facts),
        "different": different_facts(facts, case.facts),
        "caption": case.caption,
        "report": case.report,
    }
