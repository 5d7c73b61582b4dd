"""Facts that the source does not tell are voted on: once for a case, a few cases at a time."""

import numpy as np
import pytest

from mrifoundation.errors import Cancelled
from mrifoundation.library import neighbour_facts
from mrifoundation.library.neighbour_facts import fill_from_neighbours
from mrifoundation.library.schema import CASES
from mrifoundation.library.store import Store


@pytest.fixture
def store(tmp_path):
    """Four cases that are T1 and nine of which nothing is told, all alike."""
    made = Store(tmp_path / "library")
    made.create()
    commit(made, [f"t1-{n}" for n in range(4)], "T1")
    commit(made, [f"u-{n}" for n in range(9)])
    return made


@pytest.fixture
def searches(monkeypatch):
    """How many scans were compared with the library since it was cleared."""
    asked, nearest = [], Store.nearest

    def counted(store, table, vector, *more, **options):
        asked.append(vector)
        return nearest(store, table, vector, *more, **options)

    monkeypatch.setattr(Store, "nearest", counted)
    return asked


def commit(store, cases, sequence=None):
    vector = np.eye(1, 32, dtype=np.float32)[0]
    about = {"collection": "made", "model": "m", "sequence": sequence, "guessed": [], "embedding_32": vector}
    store.commit([{"case": case, **about} for case in cases], [], 32)


def voted(store, **options):
    list(fill_from_neighbours(store, "m", "made", **options))
    return sum(row["guessed"] == ["sequence"] for row in store.rows(CASES, "", ["guessed"]))


def test_every_case_is_voted_on_once(store, searches):
    assert voted(store) == 9 and len(searches) == 9
    assert voted(store) == 9 and len(searches) == 9
    assert {row["sequence"] for row in store.rows(CASES, "", ["sequence"])} == {"T1"}


def test_new_cases_and_those_that_were_written_again_are_voted_on(store, searches):
    voted(store)
    searches.clear()
    commit(store, ["u-0", "new"])
    assert voted(store) == 10 and len(searches) == 2


def test_twice_as_many_voters_are_asked_about_every_case_again(store, searches):
    voted(store)
    commit(store, [f"t2-{n}" for n in range(4)], "T2")
    searches.clear()
    voted(store)
    assert len(searches) == 9


def test_with_too_few_voters_nobody_is_asked_yet(tmp_path, searches):
    store = Store(tmp_path / "library")
    store.create()
    commit(store, ["a", "b"], "T1")
    commit(store, ["u"])
    assert voted(store) == 0 and not searches
    commit(store, ["c"], "T1")
    assert voted(store) == 1


def test_voting_is_cancelled_between_two_pieces_and_goes_on_there(store, searches, monkeypatch):
    monkeypatch.setattr(neighbour_facts, "PIECE", 4)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        voted(store, cancel=lambda: next(answers))
    assert len(searches) == 4
    assert voted(store) == 9 and len(searches) == 9
