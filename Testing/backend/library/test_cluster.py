"""Workers of a real Ray on this computer fill a library exactly as one process does."""

import json
import sys
from dataclasses import asdict

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library import Library
from mrifoundation.library.cluster import Cluster, _unpacked, _Worker
from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store
from mrifoundation.library.taking import Told, take
from mrifoundation.volume import read_scan


def contents(library):
    """Every row without its patient, which each library hides with a key of its own."""
    store, found = library._store, []
    for table in (CASES, REGIONS):
        names = [name for name in store.table(table).schema.names if name != "patient"]
        found.append(sorted(store.rows(table, "", names), key=lambda row: (row["case"], row.get("structure") or "")))
    return found


def test_a_library_filled_by_workers_equals_one_filled_here(archive, engine, tiny_weights, filled, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: pip install 'mrifoundation[cluster]'")
    library, heard = Library.open(tmp_path / "library", engine), []
    report = library.add(
        [archive],
        "made",
        profile="fast",
        progress=lambda stage, fraction, message: heard.append(message),
        cluster=Cluster(2, str(tiny_weights), "cpu"),
    )
    assert report.to_dict() | {"seconds": 0} == filled.report.to_dict() | {"seconds": 0}
    assert contents(library) == contents(filled)
    assert any(message.startswith("5 of") for message in heard)
    again = library.add([archive], "made", profile="fast", cluster=Cluster(2, str(tiny_weights), "cpu"))
    assert (again.added, again.known) == (0, 6)


def test_the_rows_of_a_worker_arrive_as_they_were_made(archive, engine, tiny_weights, tmp_path):
    told = Told(
        "made", "a1", str(archive.parent / "a1.nii.gz"), None, "stamp", "fast", "hash", {"region": "brain", "age": 63.0}
    )
    worker = _Worker(str(tiny_weights), "cpu", engine.card.model_id)
    answer = worker({"number": 3, "told": json.dumps(asdict(told))})
    arrived, here = _unpacked(answer), take(engine, told, read_scan(told.source), lambda: False)
    assert (answer["number"], answer["problem"], arrived.length) == (3, "", here.length)
    for folder, taken in (("arrived", arrived), ("here", here)):
        store = Store(tmp_path / folder)
        store.create()
        store.commit([taken.case], taken.regions, taken.length)
    assert contents(Library.open(tmp_path / "arrived")) == contents(Library.open(tmp_path / "here"))


def test_a_worker_says_why_it_cannot_take_a_scan(archive, engine, tiny_weights):
    told = Told("made", "broken", str(archive.parent / "broken.nii.gz"), None, "stamp", "fast", None)
    row = {"number": 0, "told": json.dumps(asdict(told))}
    assert "not a scan" in _Worker(str(tiny_weights), "cpu", engine.card.model_id)(row)["problem"]
    assert engine.card.model_id in _Worker(str(tiny_weights), "cpu", "other weights")(row)["problem"]


def test_without_ray_the_remedy_is_told(archive, engine, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="mrifoundation\\[cluster\\]"):
        Library.open(tmp_path / "library", engine).add([archive], profile="fast", cluster=Cluster(2))
