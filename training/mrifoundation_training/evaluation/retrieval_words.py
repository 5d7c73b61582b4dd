"""Do words find scans, and scans the words for them? With the scans' own captions, and with hand-written queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.retrieval_gallery import Embedded, subjects_of
from mrifoundation_training.evaluation.retrieval_queries import Query, hand_written
from mrifoundation_training.evaluation.retrieval_recall import Recall, recall_at

CAPTIONS_FIND, SCANS_FIND, WRITTEN_FIND = "caption → scans", "scan → captions", "written query → scans"
ALL = "all"
KS = (5, 10)


@dataclass(frozen=True)
class Written:
    """How hand-written queries did. precision: k → share of the first k scans that answer, best: of a perfect ranking (few places have k),
    chance: of a random one; each: query → k → its own. recall: of the first that answers. The intervals are over queries, which are
    nobody's."""

    precision: dict[int, Interval]
    best: dict[int, float]
    chance: float
    each: dict[str, dict[int, float]]
    recall: Recall


def trained_captions(cases: Iterable[Case]) -> frozenset[str]:
    """Captions of rows that may train; each of them goes into the training as it stands, so that to find by it is no news."""
    return frozenset(case.caption for case in cases if case.image and case.caption and _may_train(case))


def measure_words(
    galleries: dict[str, list[Embedded]], readers: dict[str, Engine], trained: frozenset[str], asks: Sequence[bool]
) -> dict[str, dict[str, dict[str, Recall | Written]]]:
    """What finds what → embedding → group → how well; {} without networks that read. trained: captions that may have trained. asks: which
    scans do, with their captions; hand-written queries are nobody's and always ask."""
    if not readers:
        return {}
    return {
        CAPTIONS_FIND: {
            name: captions_find_scans(galleries[name], engine, trained, asks) for name, engine in readers.items()
        },
        SCANS_FIND: {
            name: scans_find_captions(galleries[name], engine, trained, asks) for name, engine in readers.items()
        },
        WRITTEN_FIND: {
            name: queries_find_scans(galleries[name], engine, hand_written()) for name, engine in readers.items()
        },
    }


def captions_find_scans(
    gallery: list[Embedded], engine: Engine, trained: frozenset[str], asks: Sequence[bool]
) -> dict[str, Recall]:
    """Group of captions → recall of each distinct caption of the scans that ask, over all scans; those with that very caption are right.

    A caption counts once, and is in equal parts that of the people with whose scans it asks."""
    captions = sorted({one.case.caption for one, asking in zip(gallery, asks, strict=True) if asking} - {""})
    if not captions:
        return {}
    right = np.array([[one.case.caption == caption for one in gallery] for caption in captions])
    similarity = _embedded(engine, captions) @ np.stack([one.vector for one in gallery]).T
    people = np.array(subjects_of(gallery))
    shares = _shares([set(people[row & np.array(asks)]) for row in right])
    learned = np.array([caption in trained for caption in captions])
    groups = {ALL: np.full(len(captions), True), "caption trained": learned, "caption never trained": ~learned}
    return _by_group(groups, similarity, right, shares / shares.sum(axis=0))


def scans_find_captions(
    gallery: list[Embedded], engine: Engine, trained: frozenset[str], asks: Sequence[bool]
) -> dict[str, Recall]:
    """Group of scans → recall of each scan that asks, over all distinct captions of the gallery; its own is right. A person counts once."""
    captions = sorted({one.case.caption for one in gallery} - {""})
    scans = [one for one, asking in zip(gallery, asks, strict=True) if asking and one.case.caption]
    if not scans:
        return {}
    right = np.array([[one.case.caption == caption for caption in captions] for one in scans])
    similarity = np.stack([one.vector for one in scans]) @ _embedded(engine, captions).T
    shares = _shares([{person} for person in subjects_of(scans)])
    seen = np.array([_may_train(one.case) for one in scans])
    learned = np.array([one.case.caption in trained for one in scans])
    groups = {
        ALL: np.full(len(scans), True),
        "scan and caption trained": seen & learned,
        "only the caption trained": ~seen & learned,
        "neither trained": ~seen & ~learned,
    }
    found = {}
    for name, rows in groups.items():
        own = shares * rows
        found |= _by_group({name: rows}, similarity, right, own / np.maximum(own.sum(axis=1, keepdims=True), 1))
    return found


def queries_find_scans(gallery: list[Embedded], engine: Engine, queries: Sequence[Query]) -> dict[str, Written]:
    """What is asked about → how its queries did, over all scans of which that is known. Queries that no scan answers do not count."""
    found = {}
    for kind in dict.fromkeys(query.kind for query in queries):
        asked = [query for query in queries if query.kind == kind]
        scans = [one for one in gallery if asked[0].judges(one.case)]
        asked = [query for query in asked if any(query.answered_by(one.case) for one in scans)]
        if not asked:
            continue
        right = np.array([[query.answered_by(one.case) for one in scans] for query in asked])
        similarity = _embedded(engine, [query.text for query in asked]) @ np.stack([one.vector for one in scans]).T
        found[kind] = _written([query.text for query in asked], similarity, right)
    return found


def _written(texts: list[str], similarity: np.ndarray, right: np.ndarray) -> Written:
    order = np.argsort(-similarity, axis=1, kind="stable")
    ranked = np.take_along_axis(right, order, axis=1)
    values = {k: ranked[:, :k].mean(axis=1) for k in KS}
    return Written(
        {k: subject_bootstrap({text: [value] for text, value in zip(texts, values[k], strict=True)}) for k in KS},
        {k: float((np.minimum(k, right.sum(axis=1)) / min(k, right.shape[1])).mean()) for k in KS},
        float(right.mean()),
        {text: {k: float(values[k][row]) for k in KS} for row, text in enumerate(texts)},
        recall_at(similarity, right, np.eye(len(texts))),
    )


def _by_group(
    groups: dict[str, np.ndarray], similarity: np.ndarray, right: np.ndarray, shares: np.ndarray
) -> dict[str, Recall]:
    """Groups without queries are left out."""
    return {
        name: recall_at(similarity[rows], right[rows], shares[:, rows]) for name, rows in groups.items() if rows.any()
    }


def _shares(owners: list[set[str]]) -> np.ndarray:
    """[people, queries], 1 where a query is that person's."""
    people = sorted(set().union(*owners))
    return np.array([[float(person in those) for those in owners] for person in people])


def _embedded(engine: Engine, texts: list[str]) -> np.ndarray:
    return np.stack([engine.embed_text(text) for text in texts])


def _may_train(case: Case) -> bool:
    """As `usable_cases` has it: these rows alone, whatever the recipe says."""
    return case.split == "train" and case.tier != "eval-only"
