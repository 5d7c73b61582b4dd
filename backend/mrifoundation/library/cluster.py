"""Scans encoded by many workers at once, on this computer or on a Ray cluster; the tables are still written by one process."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from mrifoundation.errors import InputError
from mrifoundation.library.schema import CASES, REGIONS, TABLES, vector_field
from mrifoundation.library.taking import Taken, Told, failure, take

OBJECT_STORE = 500_000_000  # bytes that a Ray of our own may hold; a scan's rows are some 100 kB


@dataclass(frozen=True)
class Cluster:
    """workers: processes that encode at the same time, each with a copy of the weights. weights: as `Engine.load` takes them, found on
    every computer. The cluster is the one that $RAY_ADDRESS names, else one on this computer for as long as it is needed. Scans must
    lie where every worker can read them."""

    workers: int
    weights: str | None = None
    device: str = "auto"

    def take(self, told: Sequence[Told], model: str) -> Iterator[tuple[int, Taken | str]]:
        """(its number in `told`, the rows of a scan or why there are none), in the order in which they are done.

        model: id of the weights that must be used. Raises InputError without Ray.
        """
        if not told:
            return
        with _ray(self.workers) as ray:
            rows = [{"number": number, "told": json.dumps(asdict(one))} for number, one in enumerate(told)]
            made = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                _Worker,
                fn_constructor_args=(self.weights, self.device, model),
                compute=ray.data.ActorPoolStrategy(size=min(self.workers, len(rows))),
                num_cpus=1,
            )
            for answer in made.iter_rows():
                yield answer["number"], answer["problem"] or _unpacked(answer)


class _Worker:
    """One process of the cluster: its engine, and one scan after another."""

    def __init__(self, weights: str | None, device: str, model: str):
        from mrifoundation.engine import Engine

        self._engine = Engine.load(weights, device)
        held = self._engine.card.model_id
        self._problem = "" if held == model else f"A worker has the weights {held}; give all of them the same."

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        from mrifoundation.library.sources import read_back

        told, problem, packed = Told(**json.loads(row["told"])), self._problem, {}
        try:
            if not problem:
                packed = _packed(take(self._engine, told, read_back(told.source, told.series), lambda: False))
        except InputError as error:
            problem = str(error)
        except Exception as error:  # one odd scan must not stop an archive
            problem = failure(error)
        return {"number": row["number"], "problem": problem, **{"cases": b"", "regions": b"", "length": 0, **packed}}


@contextmanager
def _ray(workers: int) -> Iterator[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError(
            "Several workers need Ray; install it with pip install 'mrifoundation[cluster]', or leave --workers out."
        ) from None
    own = not ray.is_initialized()
    if own:
        _start(ray, workers)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()


def _start(ray: Any, workers: int) -> None:
    here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers + 1, "object_store_memory": OBJECT_STORE}
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR", **here)
    except Exception as error:  # Ray raises plain exceptions, of a node that does not answer in time for one
        raise InputError(
            "Ray could not be started, or the cluster of RAY_ADDRESS does not answer; try again when this computer is less busy, or leave "
            "--workers out."
        ) from error


def _packed(taken: Taken) -> dict[str, Any]:
    """Rows as Arrow streams, which keep every type."""
    tables = {CASES: [taken.case], REGIONS: taken.regions}
    return {"length": taken.length} | {name: _stream(name, rows, taken.length) for name, rows in tables.items()}


def _stream(table: str, rows: list[dict], length: int) -> bytes:
    found, sink = pa.Table.from_pylist(rows, schema=_schema(table, length)), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found)
    return sink.getvalue().to_pybytes()


def _unpacked(answer: dict[str, Any]) -> Taken:
    read = partial(_rows, length=answer["length"])
    return Taken(read(answer["cases"])[0], read(answer["regions"]), answer["length"])


def _rows(stream: bytes, length: int) -> list[dict]:
    rows = pa.ipc.open_stream(stream).read_all().to_pylist()
    column = vector_field(length).name
    return [row | {column: np.array(row[column], np.float32)} for row in rows]


def _schema(table: str, length: int) -> pa.Schema:
    return TABLES[table].append(vector_field(length))
