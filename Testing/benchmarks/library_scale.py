"""How a library grows: fill one with clustered vectors of our size, and measure build time, size, latency and recall.

    python Testing/benchmarks/library_scale.py --vectors 1000000 [--structures 5] [--queries 200] [--library DIR] [--service] [--json]

Latency is that of `Library.search` with k = 10: filters, percentiles and the rows of the hits included. Up to 200,000 vectors search is
exact; beyond, the index is built and its recall@10 against exact search is measured. The vectors are those by which whole scans are
compared (`likeness`); embeddings have a column and an index of their own, which costs as much again where they have this length.
--structures: so many a case, each with an embedding; then searches by region and with a filter by the volume of a structure as well.
--service: also through a running service, from the request to the answer, for the MNI152 T1 image of nilearn, which is encoded before.
Processor time is that of this process, or of the service: it is what a search costs whatever else the machine does.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import requests

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine.weights import find_weights
from mrifoundation.library import Library, Question
from mrifoundation.library.likeness import LENGTH, RECIPE
from mrifoundation.library.schema import CASES, LIKENESS, REGIONS, TABLES, vector_column, vector_field
from mrifoundation.library.vector_index import build_index_if_large
from mrifoundation.model.checkpoint import load_card

BATCH = 50_000
WARMING = 5  # searches
PLACES = ("brain", "heart", "abdomen", "knee", "prostate")
FINDINGS = (
    "a small lesion",
    "a large tumour",
    "an infarct",
    "atrophy",
    "no finding",
    "an effusion",
    "a cyst",
    "a tear",
)
SITES = 10  # collections
EMBEDDING = 256  # numbers of a region's vector


def clustered(rng: np.random.Generator, centres: np.ndarray, count: int) -> np.ndarray:
    """Unit vectors float32 [count, D] around centres of very different popularity, as scans of an archive are."""
    popularity = 1.0 / np.arange(1, len(centres) + 1)
    of = rng.choice(len(centres), count, p=popularity / popularity.sum())
    vectors = centres[of] + rng.normal(scale=0.6 / np.sqrt(centres.shape[1]), size=(count, centres.shape[1]))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def batch(rng: np.random.Generator, vectors: np.ndarray, model: str) -> pa.Table:
    """Rows of the table `cases` around the vectors."""
    count = len(vectors)
    ids = [f"{n:016x}{m:016x}" for n, m in rng.integers(0, 2**64, (count, 2), np.uint64)]  # as hashes are
    columns = {field.name: pa.nulls(count, field.type) for field in TABLES[CASES]}
    texts = {"case": ids, "content_hash": ids, "name": ids, "model": [model] * count}
    texts["collection"] = [f"site {number}" for number in rng.integers(0, SITES, count)]
    texts |= {
        "region": rng.choice(PLACES, count).tolist(),
        "sequence": rng.choice(["T1", "T2", "FLAIR"], count).tolist(),
    }
    told = zip(texts["sequence"], texts["region"], rng.choice(FINDINGS, count), strict=True)
    texts["caption"] = texts["words"] = [
        f"{sequence} MRI of a {place} with {finding}." for sequence, place, finding in told
    ]
    columns |= {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns["age"] = pa.array(rng.uniform(20, 90, count).astype(np.float32))
    columns["recipe"] = pa.array(np.full(count, RECIPE, np.int32))
    columns[LIKENESS] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), LENGTH)
    return pa.table(columns)


def structures_of(rng: np.random.Generator, cases: pa.Table, names: Sequence[str], centres: np.ndarray) -> pa.Table:
    """Rows of the table `regions`: one a case and name, with a vector around centres."""
    count = len(cases) * len(names)
    columns = {field.name: pa.nulls(count, field.type) for field in TABLES[REGIONS]}
    of = pa.array(np.repeat(np.arange(len(cases)), len(names)))
    columns |= {name: cases[name].take(of) for name in ("case", "content_hash", "collection", "model", "region", "age")}
    columns["structure"] = pa.array(list(names) * len(cases), pa.string())
    columns["id"] = pc.binary_join_element_wise(columns["case"], columns["structure"], " ")
    columns["volume_ml"] = pa.array(rng.lognormal(3, 1, count).astype(np.float32))
    vectors = clustered(rng, centres, count)
    columns[vector_column(EMBEDDING)] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), EMBEDDING)
    return pa.table(columns)


def fill(library: Library, rng: np.random.Generator, centres: np.ndarray, count: int, structures: int) -> float:
    """Write `count` cases with so many structures each; gives seconds."""
    store, model = library._store, library.engine.card.model_id
    store.create()
    store.table(REGIONS).add_columns(vector_field(EMBEDDING))
    names = Vocabulary.load().names[:structures]
    started = time.perf_counter()
    for first in range(0, count, BATCH):
        rows = batch(rng, clustered(rng, centres, min(BATCH, count - first)), model)
        if names:
            found = structures_of(rng, rows, names, centres[:, :EMBEDDING])
            store.table(REGIONS).add(found.select(store.table(REGIONS).schema.names))
        store.table(CASES).add(rows.select(store.table(CASES).schema.names))
    store.index_words()
    store.tidy()
    return time.perf_counter() - started


def latencies(
    search: Callable[[int], None], count: int, spent: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """Milliseconds of a search: median and 95th percentile, and mean of processor time; the first WARMING do not count."""
    wall = []
    for number in range(count + WARMING):
        if number == WARMING:
            before = spent()
        started = time.perf_counter()
        search(number)
        wall.append(1000 * (time.perf_counter() - started))
    return {
        "p50_ms": round(float(np.percentile(wall[WARMING:], 50)), 1),
        "p95_ms": round(float(np.percentile(wall[WARMING:], 95)), 1),
        "processor_ms": round(1000 * (spent() - before) / count, 1),
    }


def through_a_service(folder: Path, weights: Path, count: int) -> dict[str, float]:
    """The same by requests to a service on loopback."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from running_service import Service

    os.environ["MRIFOUNDATION_LIBRARY"] = str(folder)
    with tempfile.TemporaryDirectory() as own:
        service = Service(weights, own)
        try:
            service.wait_until_ready()
            volume = service.send(*mni()).json()["id"]

            connection = requests.Session()  # which the module in Slicer keeps, too
            connection.headers.update(service.headers)

            def search(_number: int) -> None:
                answer = connection.post(service.url + "/v1/search?wait=60", json={"volume": volume}, timeout=60)
                assert len(answer.json()["result"]["hits"]) == 10, answer.text

            return latencies(search, count, lambda: _processor_seconds(service.process.pid))
        finally:
            service.stop()


def mni() -> tuple[np.ndarray, np.ndarray]:
    """Voxels and affine of the MNI152 T1 image that nilearn carries."""
    import importlib.util

    import nibabel as nib

    folder = Path(importlib.util.find_spec("nilearn").submodule_search_locations[0])
    image = nib.load(folder / "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    return np.asarray(image.dataobj, np.float32), image.affine


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def questions(asked: np.ndarray, structures: int) -> dict[str, Callable[[int], Question]]:
    """What is asked, each by the number of the query. asked: likeness of a scan each, of which the first numbers serve as an embedding."""
    facts = {"region": "brain", "age": [60, 90]}
    found = {
        "search": lambda n: Question(likeness=asked[n]),
        "search_filtered": lambda n: Question(likeness=asked[n], filters=facts),
        "search_collection": lambda n: Question(likeness=asked[n], collections=[f"site {n % SITES}"]),
        "search_words": lambda n: Question(words=f"{PLACES[n % 5]} {FINDINGS[n % 8]}"),
    }
    if structures:
        name = Vocabulary.load().names[0]
        embeddings = asked[:, :EMBEDDING] / np.linalg.norm(asked[:, :EMBEDDING], axis=1, keepdims=True)
        found |= {
            "search_region": lambda n: Question(embedding=embeddings[n], of_region=True),
            "search_volume": lambda n: Question(likeness=asked[n], filters={"volume_ml": {name: [20, 40]}}),
        }
    return found


def measure(folder: Path, wanted: argparse.Namespace) -> dict:
    weights = find_weights(wanted.weights)
    engine = SimpleNamespace(card=load_card(weights))  # only the id of the weights is asked for
    library, rng = Library.open(folder, engine), np.random.default_rng(0)
    centres = rng.normal(size=(2000, LENGTH)) / np.sqrt(LENGTH)
    found = {
        "vectors": wanted.vectors,
        "length": LENGTH,
        "fill_s": round(fill(library, rng, centres, wanted.vectors, wanted.structures), 1),
    }
    started, before = time.perf_counter(), time.process_time()
    if recalls := build_index_if_large(library._store):
        found["index_s"] = round(time.perf_counter() - started, 1)
        found["index_processor_s"] = round(time.process_time() - before, 1)
        found["recall_at_10"] = recalls
    found["megabytes"] = round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)
    asked = clustered(rng, centres, wanted.queries + WARMING)
    for name, question in questions(asked, wanted.structures).items():
        found[name] = latencies(lambda n, question=question: library.search(question(n)), wanted.queries)
    if wanted.service:
        found["service"] = through_a_service(folder, weights, wanted.queries)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--structures", type=int, default=0, help="of each case")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--library", type=Path, help="a new folder to keep the library in (default: a temporary one)")
    parser.add_argument("--service", action="store_true", help="also through a running service")
    parser.add_argument("--weights", help="folder of weights instead of the shipped ones")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(wanted.library or Path(folder), wanted)
    print(json.dumps(found) if wanted.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
