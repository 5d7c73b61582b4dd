"""Collections: the named parts of a library."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store
from mrifoundation.library.writer_lock import is_remote


def collection_stats(store: Store, model: str | None) -> list[dict[str, Any]]:
    """One object a collection. model: of the weights at hand. bytes: of the library's files, by the collection's share of the
    cases; None in an object store."""
    if not store.exists:
        return []
    models: dict[str, Counter] = defaultdict(Counter)
    for row in store.rows(CASES, "", ["collection", "model"]):
        models[row["collection"]][row["model"]] += 1
    regions = Counter(row["collection"] for row in store.rows(REGIONS, "", ["collection"]))
    total, size = sum(map(Counter.total, models.values())), _bytes(store)
    return [
        {
            "name": name,
            "cases": counts.total(),
            "regions": regions[name],
            "model": counts.most_common(1)[0][0],
            "same_model": None if model is None else set(counts) == {model},
            "bytes": None if size is None else round(size * counts.total() / total),
        }
        for name, counts in sorted(models.items())
    ]


def _bytes(store: Store) -> int | None:
    if is_remote(store.uri):
        return None
    return sum(path.stat().st_size for path in Path(store.uri).rglob("*") if path.is_file())
