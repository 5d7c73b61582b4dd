"""What a similarity is worth in this library: the share of its cases that are less similar."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mrifoundation.library.store import Store

SAMPLE = 4096  # cases; fewer are taken whole, of more a fixed random part
KEPT = 16  # samples, of some 4 MB each
_HEX = 0x10000


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of a table: of which case each is (a number below `cases`), its scan's content and its patient, and its vector [n, length]."""

    case: np.ndarray
    cases: int
    content: np.ndarray
    patient: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping], vectors: np.ndarray) -> "Sample":
        names, case = np.unique([row["case"] for row in rows], return_inverse=True)
        content, patient = (np.array([row[name] for row in rows], object) for name in ("content_hash", "patient"))
        return cls(case, len(names), content, patient, vectors)

    def similarities(self, vector: np.ndarray, contents: Sequence[str], patient: str | None) -> np.ndarray:
        """Of each case without those contents and that patient, in rising order; of several rows of a case, the most similar counts."""
        kept = np.ones(len(self.content), bool)
        for content in contents:
            kept &= self.content != content
        if patient is not None:
            kept &= self.patient != patient
        best = np.full(self.cases, -np.inf)
        similar = np.einsum("nd,d->n", self.vectors, vector)  # on one thread: those of BLAS hold up the next search
        np.maximum.at(best, self.case[kept], similar[kept])
        return np.sort(best[np.isfinite(best)])


class Percentiles:
    """Percentiles of similarities among the rows of a table, from samples that are kept while the table does not change: the KEPT that were
    asked for last, since every filter has one of its own."""

    def __init__(self, store: Store):
        self._store = store
        self._samples: dict[tuple, Sample] = {}
        self._lock = threading.Lock()

    def of(
        self,
        table: str,
        vector: np.ndarray,
        scores: Sequence[float],
        condition: str,
        without: tuple[Sequence[str], str | None],
        column: str,
    ) -> list[float]:
        """0–100 for each score: cases under `condition` that are less similar to `vector`. without: content hashes and patient left out.
        column: whose vectors are compared."""
        others = self._sample(table, condition, column).similarities(vector, *without)
        below = np.searchsorted(others, np.asarray(scores) - 1e-6)
        return [round(100.0 * n / max(1, len(others) - 1), 1) if len(others) > 1 else 100.0 for n in below]

    def _sample(self, table: str, condition: str, column: str) -> Sample:
        key = (table, condition, column, self._store.version(table))
        with self._lock:
            sample = self._samples.pop(key, None)
            if sample is None:
                outdated = [known for known in self._samples if known[0] == table and known[3] != key[3]]
                for known in outdated or list(self._samples)[: 1 - KEPT]:
                    del self._samples[known]
                wanted = ["case", "content_hash", "patient"]
                sample = Sample.of_rows(*self._store.vectors(table, self._part(condition), wanted, column))
            self._samples[key] = sample  # last, as what was asked for last
            return sample

    def _part(self, condition: str) -> str:
        """Ids are hashes, so that those below a bound are a random part, and the same one in both tables."""
        cases = self._store.count("cases", condition)
        if cases <= SAMPLE:
            return condition
        bound = f"case < '{int(_HEX * SAMPLE / cases):04x}'"
        return f"({condition}) AND {bound}" if condition else bound
