"""What a scan probably is, by the scans most like it: facts that the source does not tell are voted on by nearest labelled neighbours.

It runs when everything is in, so that the outcome hardly depends on the order in which it came. A case is voted on once, and again when
twice as many cases have a vote: else a large library would compare every scan again whenever one is added.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mrifoundation.errors import Cancelled
from mrifoundation.library.filters import any_of, both, quoted
from mrifoundation.library.schema import CASES
from mrifoundation.library.store import Store

VOTED = "sequence"
NEIGHBOURS, FEWEST = 5, 3  # who votes; with fewer labelled neighbours, or no majority, nothing is guessed
PIECE = 64  # cases voted on at a time


def vote(labels: Sequence[str], similarities: Sequence[float]) -> str | None:
    """The label with more than half of the neighbours' weight (their similarity); None without one, or with too few neighbours."""
    if len(labels) < FEWEST:
        return None
    weight: dict[str, float] = defaultdict(float)
    for label, similarity in zip(labels, similarities, strict=True):
        weight[label] += max(0.0, similarity)
    best = max(weight, key=weight.get)
    return best if weight[best] > sum(weight.values()) / 2 else None


def fill_from_neighbours(
    store: Store, model: str, collection: str, cancel: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Vote on the VOTED fact of a collection's cases that lack it, PIECE cases a step; guesses never vote. Cases that were voted on are
    left until twice as many have a vote. Raises Cancelled between two pieces, with those before written down."""
    lacking = f"{VOTED} IS NULL OR array_has(guessed, {quoted(VOTED)})"
    labelled = both(f"model = {quoted(model)}", f"NOT ({lacking})")
    voters = store.count(CASES, labelled)
    if voters < FEWEST:
        return
    due = f"voters IS NULL OR voters <= {voters // 2}"
    asked = both(f"collection = {quoted(collection)}", f"model = {quoted(model)}", lacking, due)
    cases = [row["case"] for row in store.rows(CASES, asked, ["case"])]
    for start in range(0, len(cases), PIECE):
        if cancel():
            raise Cancelled("Guessing what the sources did not tell was cancelled; it goes on when something is added.")
        piece = _with_vectors(store, any_of("case", cases[start : start + PIECE]))
        changes = [change for row, vector in piece if (change := _changed(store, row, vector, labelled))]
        store.update(changes)
        store.update([{"case": row["case"], "voters": voters} for row, _ in piece])
        yield


def _changed(store: Store, row: dict, vector: np.ndarray, labelled: str) -> dict | None:
    """What a vote changes of a case; None where it changes nothing."""
    near = store.nearest(CASES, vector, labelled, [VOTED], NEIGHBOURS)
    guess = vote([one[VOTED] for one, _ in near], [score for _, score in near])
    if not guess or guess == row[VOTED]:
        return None
    return {"case": row["case"], VOTED: guess, "guessed": [*(name for name in row["guessed"] if name != VOTED), VOTED]}


def _with_vectors(store: Store, condition: str) -> list[tuple[dict, np.ndarray]]:
    found = []
    for column in store.embedding_columns(CASES):
        rows, vectors = store.vectors(CASES, condition, ["case", "guessed", VOTED], column)
        found += zip(rows, vectors, strict=True)
    return found
