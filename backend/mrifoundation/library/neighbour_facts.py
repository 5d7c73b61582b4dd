"""What a scan probably is, by the scans most like it: facts that the source does not tell are voted on by nearest labelled neighbours.

It runs when everything is in, so that the outcome depends on what the library holds and not on the order in which it came.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mrifoundation.library.filters import both, quoted
from mrifoundation.library.schema import CASES
from mrifoundation.library.store import Store

VOTED = ("sequence",)
NEIGHBOURS, FEWEST = 5, 3  # who votes; with fewer labelled neighbours, or no majority, nothing is guessed


def vote(labels: Sequence[str], similarities: Sequence[float]) -> str | None:
    """The label with more than half of the neighbours' weight (their similarity); None without one, or with too few neighbours."""
    if len(labels) < FEWEST:
        return None
    weight: dict[str, float] = defaultdict(float)
    for label, similarity in zip(labels, similarities, strict=True):
        weight[label] += max(0.0, similarity)
    best = max(weight, key=weight.get)
    return best if weight[best] > sum(weight.values()) / 2 else None


def fill_from_neighbours(store: Store, model: str, collection: str) -> int:
    """Vote on VOTED facts of a collection's cases that lack them; gives how many changed. Guesses never vote."""
    changed = 0
    for fact in VOTED:
        lacking = f"{fact} IS NULL OR array_has(guessed, {quoted(fact)})"
        asked = both(f"collection = {quoted(collection)}", f"model = {quoted(model)}", lacking)
        labelled = both(f"model = {quoted(model)}", f"NOT ({lacking})")
        changes = []
        for row, vector in _with_vectors(store, asked, fact):
            near = store.nearest(CASES, vector, labelled, [fact], NEIGHBOURS)
            guess = vote([one[fact] for one, _ in near], [score for _, score in near])
            guessed = [*(name for name in row["guessed"] if name != fact), *([fact] if guess else [])]
            if guess and guess != row[fact]:
                changes.append({"case": row["case"], fact: guess, "guessed": guessed})
        store.update(changes)
        changed += len(changes)
    return changed


def _with_vectors(store: Store, condition: str, fact: str) -> list[tuple[dict, np.ndarray]]:
    found = []
    for column in store.embedding_columns(CASES):
        rows, vectors = store.vectors(CASES, condition, ["case", "guessed", fact], column)
        found += zip(rows, vectors, strict=True)
    return found
