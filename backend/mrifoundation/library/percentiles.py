"""What a similarity is worth in this library: the share of its cases that are less similar."""

import threading
from collections.abc import Sequence

import numpy as np

from mrifoundation.library.store import Store

SAMPLE = 4096  # cases; fewer are taken whole, of more a fixed random part
_HEX = 0x10000


class Percentiles:
    """Percentiles of similarities among the rows of a table, from a sample that is kept while the table does not change."""

    def __init__(self, store: Store):
        self._store = store
        self._samples: dict[tuple, tuple[list[dict], np.ndarray]] = {}
        self._lock = threading.Lock()

    def of(
        self,
        table: str,
        vector: np.ndarray,
        scores: Sequence[float],
        condition: str,
        without: tuple[str | None, str | None],
        column: str,
    ) -> list[float]:
        """0–100 for each score: cases under `condition` that are less similar to `vector`. without: content hash and patient left out.
        column: whose vectors are compared."""
        rows, vectors = self._sample(table, condition, column)
        best: dict[str, float] = {}  # of several regions of a case, the most similar counts
        for row, score in zip(rows, vectors @ vector, strict=True):
            if row["content_hash"] != without[0] and (without[1] is None or row["patient"] != without[1]):
                best[row["case"]] = max(best.get(row["case"], -2.0), float(score))
        others = np.sort(np.fromiter(best.values(), float))
        below = np.searchsorted(others, np.asarray(scores) - 1e-6)
        return [round(100.0 * n / max(1, len(others) - 1), 1) if len(others) > 1 else 100.0 for n in below]

    def _sample(self, table: str, condition: str, column: str) -> tuple[list[dict], np.ndarray]:
        key = (table, condition, column, self._store.version(table))
        with self._lock:
            if key not in self._samples:
                self._samples = {known: held for known, held in self._samples.items() if known[3] == key[3]}
                self._samples[key] = self._store.vectors(
                    table, self._part(condition), ["case", "content_hash", "patient"], column
                )
            return self._samples[key]

    def _part(self, condition: str) -> str:
        """Ids are hashes, so that those below a bound are a random part, and the same one in both tables."""
        cases = self._store.count("cases", condition)
        if cases <= SAMPLE:
            return condition
        bound = f"case < '{int(_HEX * SAMPLE / cases):04x}'"
        return f"({condition}) AND {bound}" if condition else bound
