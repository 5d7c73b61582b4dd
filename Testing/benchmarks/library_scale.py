"""How a library grows: fill one with clustered vectors of our size, and measure build time, size, latency and recall.

    python Testing/benchmarks/library_scale.py --vectors 1000000 [--queries 200] [--library DIR] [--json]

Latency is that of `Library.search` with k = 10: filters, percentiles and the rows of the hits included. Up to 200,000 vectors search is
exact; beyond, the index is built and its recall@10 against exact search is measured.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from mrifoundation.library import Library, Question
from mrifoundation.library.schema import CASES, TABLES, vector_column, vector_field
from mrifoundation.library.vector_index import build_index_if_large, recall_of_index

BATCH = 50_000
REGIONS = ("brain", "heart", "abdomen", "knee", "prostate")
MODEL = "made-for-measuring"


def clustered(rng: np.random.Generator, centres: np.ndarray, count: int) -> np.ndarray:
    """Unit vectors float32 [count, D] around centres of very different popularity, as scans of an archive are."""
    popularity = 1.0 / np.arange(1, len(centres) + 1)
    of = rng.choice(len(centres), count, p=popularity / popularity.sum())
    vectors = centres[of] + rng.normal(scale=0.6 / np.sqrt(centres.shape[1]), size=(count, centres.shape[1]))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def batch(rng: np.random.Generator, vectors: np.ndarray) -> pa.Table:
    """Rows of the table `cases` around the vectors."""
    count, length = vectors.shape
    ids = [f"{n:032x}" for n in rng.integers(0, 2**63, count)]
    columns = {field.name: pa.nulls(count, field.type) for field in TABLES[CASES]}
    texts = {"case": ids, "content_hash": ids, "name": ids, "collection": ["made"] * count, "model": [MODEL] * count}
    texts |= {
        "region": rng.choice(REGIONS, count).tolist(),
        "sequence": rng.choice(["T1", "T2", "FLAIR"], count).tolist(),
    }
    columns |= {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns["age"] = pa.array(rng.uniform(20, 90, count).astype(np.float32))
    columns[vector_column(length)] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), length)
    return pa.table(columns)


def fill(library: Library, rng: np.random.Generator, centres: np.ndarray, count: int) -> float:
    """Write `count` cases; gives seconds."""
    store = library._store
    store.create()
    if vector_column(centres.shape[1]) not in store.table(CASES).schema.names:
        store.table(CASES).add_columns(vector_field(centres.shape[1]))
    started = time.perf_counter()
    for first in range(0, count, BATCH):
        rows = batch(rng, clustered(rng, centres, min(BATCH, count - first)))
        store.table(CASES).add(rows.select(store.table(CASES).schema.names))
    store.tidy()
    return time.perf_counter() - started


def latencies(library: Library, queries: np.ndarray, filters: dict) -> dict[str, float]:
    """Milliseconds of a search: median and 95th percentile; the first few warm up."""
    spent = []
    for query in queries:
        started = time.perf_counter()
        library.search(Question(embedding=query, filters=filters))
        spent.append(1000 * (time.perf_counter() - started))
    return {
        "p50_ms": round(float(np.percentile(spent[5:], 50)), 1),
        "p95_ms": round(float(np.percentile(spent[5:], 95)), 1),
    }


def measure(folder: Path, count: int, queries: int, length: int) -> dict:
    engine = SimpleNamespace(card=SimpleNamespace(model_id=MODEL))  # only the id of the weights is asked for
    library, rng = Library.open(folder, engine), np.random.default_rng(0)
    centres = rng.normal(size=(2000, length)) / np.sqrt(length)
    found = {"vectors": count, "length": length, "fill_s": round(fill(library, rng, centres, count), 1)}
    started = time.perf_counter()
    if build_index_if_large(library._store):
        found["index_s"] = round(time.perf_counter() - started, 1)
        found["recall_at_10"] = round(recall_of_index(library._store, CASES, length), 4)
    found["megabytes"] = round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)
    asked = clustered(rng, centres, queries + 5)
    found["search"] = latencies(library, asked, {})
    found["search_filtered"] = latencies(library, asked, {"region": "brain", "age": [60, 90]})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--library", type=Path, help="a new folder to keep the library in (default: a temporary one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(wanted.library or Path(folder), wanted.vectors, wanted.queries, wanted.length)
    print(json.dumps(found) if wanted.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
