"""The sentences of a user's own reports, with what each claims: true of the scan it was written for, false only where labels differ."""

import re

import numpy as np

from mrifoundation_training.data.report_pairs import ReportedScan, known_of, own_report
from mrifoundation_training.reports.changed import changed
from mrifoundation_training.reports.sentences import Sentence


def own_sentences(reported: list[ReportedScan], copies: int = 0, seed: int = 0) -> dict[str, list[Sentence]]:
    """Case id → sentences. copies: of sentences of each report, in which one thing is false.

    A single sentence of a report may be true of any other scan ("No shift."), so it is never called false. The report as a whole, and its
    labels with it, is false of a scan that differs in a label that both have; elsewhere nothing is said. A copy is false of its own
    scan, and says nothing of others."""
    rng = np.random.default_rng(seed)
    return {one.case.id: _sentences(one) + _copies(rng, one, copies) for one in reported}


def _sentences(one: ReportedScan) -> list[Sentence]:
    here = (own_report(one), "yes")
    parts = _parts(one.report)
    whole = Sentence(one.report, tuple(sorted(known_of(one).items())))
    return [whole, *(Sentence(part, (here,)) for part in dict.fromkeys(parts) if part != one.report)]


def _copies(rng: np.random.Generator, one: ReportedScan, most: int) -> list[Sentence]:
    """None that the report says elsewhere."""
    parts, key = _parts(one.report), own_report(one)
    told = {part.lower() for part in parts}
    found = [other for part in parts for other in changed(rng, part) if other.lower() not in told]
    return [Sentence(found[n], ((key, "yes"), (key, "no"))) for n in rng.permutation(len(found))[:most]]


def _parts(report: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?;])\s+", report) if len(part.strip()) > 3]


def rows_of(own: dict[str, list[Sentence]], first: int) -> dict[str, np.ndarray]:
    """Case id → where its sentences lie in a stock to whose end, at row `first`, they are all put one after the other."""
    ends = first + np.cumsum([len(sentences) for sentences in own.values()])
    return {name: np.arange(end - len(own[name]), end) for name, end in zip(own, ends, strict=True)}


def near_by(own: np.ndarray, total: int, drawn: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of a stock of `total`: all of `own`, filled up to `drawn` at random."""
    others = np.setdiff1d(rng.choice(total, min(drawn, total), replace=False), own)
    return np.concatenate([own, rng.permutation(others)])[: max(drawn, len(own))]
