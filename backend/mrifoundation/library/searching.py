"""Searching a library: nearest vectors, words, and the two together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.library.case import Case
from mrifoundation.library.filters import any_of, both, condition, quoted, volume_conditions
from mrifoundation.library.likeness import RECIPE
from mrifoundation.library.percentiles import Percentiles
from mrifoundation.library.question import Hit, Hits, Question
from mrifoundation.library.schema import CASES, LIKENESS, REGIONS, vector_column
from mrifoundation.library.spellings import Spellings
from mrifoundation.library.store import Store

MOST_HITS = 1000
RANKED = 4  # times as many cases as are wanted, in each of several orders that become one
RANK_OFFSET = 60  # Cormack et al., Reciprocal Rank Fusion, 2009
_SHOWN = (
    "case", "collection", "content_hash", "name", "source", "series", "model", "profile", "patient", "person", "caption", "report", "stamp",
    "region", "sequence", "plane", "contrast", "age", "sex", "diagnosis", "flags", "guessed", "identifiers", "shape", "spacing_mm",
    "voxel_hash", "affine",
)  # fmt: skip


def stale_for(model: str) -> str:
    """The condition on cases that other weights, or an earlier version, embedded."""
    return f"model <> {quoted(model)} OR recipe IS NULL OR recipe <> {RECIPE}"


def comparable_for(model: str, *, likeness: bool) -> str:
    """The condition on cases whose vectors can be compared: of these weights, and where likeness is compared of this version's recipe."""
    return f"model = {quoted(model)}" + (f" AND recipe = {RECIPE}" if likeness else "")


def shown_columns() -> list[str]:
    """Everything of a case but its picture and its vector."""
    return list(_SHOWN)


@dataclass(frozen=True)
class Found:
    """A candidate: similarity (None when only its words fit), the structure that fits best, and the row of its case where the search
    brought it along."""

    score: float | None
    structure: str | None = None
    row: Mapping | None = None


class Searching:
    """Answers questions from one store, comparing only what the same weights (`model`) embedded."""

    def __init__(self, store: Store, model: str | None, percentiles: Percentiles, spellings: Spellings):
        self._store = store
        self._model = model
        self._percentiles = percentiles
        self._spellings = spellings

    def search(self, question: Question) -> Hits:
        """The most similar cases. Raises InputError for a filter, collection or number of hits that cannot be used."""
        if not 1 <= question.k <= MOST_HITS:
            raise InputError(f"Ask for 1 to {MOST_HITS} hits, not {question.k}.")
        vector = _vector(question)
        if vector is None and not question.words.strip():
            raise InputError("There is nothing to search for; give a scan, a region, words or a report.")
        place = self._place(question)
        allowed = both(place, self._fitting(question.filters))
        notes = []
        if vector is not None:
            comparable = comparable_for(self._model, likeness=question.likeness is not None)
            notes = self._left_out(place, comparable)
            if notes:  # a condition that all cases fit would cost a search a fifth of its time
                allowed = both(allowed, comparable)
        asked = both(allowed, *_exclusions(question))
        found = self._found(question, asked, notes)
        return Hits(self._hits(question, found, allowed), self._store.count(CASES, asked), tuple(notes))

    def _found(self, question: Question, asked: str, notes: list[str]) -> dict[str, Found]:
        """Candidates by case, best first."""
        compared, words = _vector(question) is not None, question.words.strip()
        count = RANKED * question.k if words else question.k
        similar = self._similar(question, asked, count) if compared else {}
        if question.of_region and not similar and self._store.count(CASES, asked):
            notes.append(
                "No structure was found in any of these cases when they were added, so a region has nothing to compare with."
            )
        if not words:
            return similar
        worded = _ranks(self._store.matching_words(question.words, asked, ["case"], count))
        if not compared:
            return {case: Found(None) for case in list(worded)[: question.k]}
        order = _fused({case: rank for rank, case in enumerate(similar)}, worded)[: question.k]
        missing = [case for case in order if case not in similar]
        similar |= self._similar(question, both(asked, any_of("case", missing)), len(missing)) if missing else {}
        return {case: similar.get(case, Found(None)) for case in order}

    def _similar(self, question: Question, asked: str, count: int) -> dict[str, Found]:
        if not question.of_region:
            rows = self._store.nearest(
                CASES, _vector(question), asked, shown_columns(), count, column=_column(question)
            )
            return {row["case"]: Found(score, row=row) for row, score in rows}
        # Each case has many structures of which one counts, so the search widens until enough cases are seen.
        total, wanted = self._store.count(REGIONS, asked), 8 * count
        while True:
            rows = self._store.nearest(
                REGIONS, question.embedding, asked, ["case", "structure"], min(wanted, max(1, total))
            )
            best: dict[str, Found] = {}
            for row, score in rows:
                best.setdefault(row["case"], Found(score, row["structure"]))
            if len(best) >= count or wanted >= total:
                return dict(list(best.items())[:count])
            wanted *= 4

    def _hits(self, question: Question, found: Mapping[str, Found], allowed: str) -> tuple[Hit, ...]:
        rows = {case: one.row for case, one in found.items() if one.row is not None}
        if missing := [case for case in found if case not in rows]:
            rows |= {row["case"]: row for row in self._store.rows(CASES, any_of("case", missing), shown_columns())}
        percentile = self._percentile_of(question, found, allowed)
        return tuple(
            Hit(
                Case.from_row(rows[case]),
                None if one.score is None else round(one.score, 4),
                percentile.get(case),
                one.structure,
            )
            for case, one in found.items()
            if case in rows  # a region whose case was never written is no hit
        )

    def _percentile_of(self, question: Question, found: Mapping[str, Found], allowed: str) -> dict[str, float]:
        scored = {case: one.score for case, one in found.items() if one.score is not None}
        if not scored:
            return {}
        table = REGIONS if question.of_region else CASES
        without = (question.exclude_content, question.exclude_patient)
        vector, column = np.asarray(_vector(question)), _column(question)
        values = self._percentiles.of(table, vector, list(scored.values()), allowed, without, column)
        return dict(zip(scored, values, strict=True))

    def _place(self, question: Question) -> str:
        if question.collections is None:
            return ""
        for name in question.collections:
            if not self._store.count(CASES, f"collection = {quoted(name)}"):
                known = sorted(self._store.distinct(CASES, "collection"))
                raise InputError(f"There is no collection '{name}'; there is {', '.join(known) or 'none yet'}.")
        return any_of("collection", list(question.collections))

    def _fitting(self, filters: Mapping) -> str:
        parts = [condition(filters, partial(self._spellings.of, CASES))]
        for volume in volume_conditions(filters, partial(self._spellings.of, REGIONS)):
            parts.append(any_of("case", sorted({row["case"] for row in self._store.rows(REGIONS, volume, ["case"])})))
        return both(*parts)

    def _left_out(self, place: str, comparable: str) -> list[str]:
        others = self._store.count(CASES, place) - self._store.count(CASES, both(place, comparable))
        if not others:
            return []
        many = f"{others} case{'s were' if others != 1 else ' was'}"
        return [
            f"{many} embedded with other weights or an earlier version and cannot be compared; embed them again with mrifoundation "
            "library refresh."
        ]


def _vector(question: Question) -> np.ndarray | None:
    return question.embedding if question.likeness is None else question.likeness


def _column(question: Question) -> str:
    return vector_column(len(question.embedding)) if question.likeness is None else LIKENESS


def _exclusions(question: Question) -> list[str]:
    parts = []
    if question.exclude_content:
        parts.append(f"NOT {any_of('content_hash', question.exclude_content)}")
    if question.exclude_patient:
        parts.append(f"patient IS NULL OR patient <> {quoted(question.exclude_patient)}")
    return parts


def _ranks(rows: list[dict]) -> dict[str, int]:
    """Case → how many have the words better, best first. Those that have them equally well share a rank and are in the order of their
    names: captions are often alike, and the index gives such cases in any order."""
    scored = sorted((-round(row["_score"], 4), row["case"]) for row in rows)
    first: dict[float, int] = {}
    return {case: first.setdefault(score, rank) for rank, (score, case) in enumerate(scored)}


def _fused(*rankings: Mapping[str, int]) -> list[str]:
    """One order out of several, each case → rank."""
    points: dict[str, float] = {}
    for ranking in rankings:
        for case, rank in ranking.items():
            points[case] = points.get(case, 0.0) + 1.0 / (RANK_OFFSET + rank + 1)
    return sorted(points, key=lambda case: -points[case])
