"""A filter ignores case, however texts are spelt in the table and whatever is added to it."""

import numpy as np
import pytest

from mrifoundation.library import Library
from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.spellings import Spellings
from mrifoundation.library.store import Store


def case(name, region):
    return {
        "case": name,
        "name": name,
        "collection": "made",
        "region": region,
        "embedding_4": np.eye(4, dtype=np.float32)[0],
    }


def structure(of, name):
    return {
        "id": f"{of}-{name}",
        "case": of,
        "structure": name,
        "volume_ml": 20.0,
        "embedding_4": np.eye(4, dtype=np.float32)[1],
    }


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "library")
    store.create()
    store.commit([case("a", "brain"), case("b", "Brain"), case("c", None)], [structure("a", "liver")], 4)
    return store


def test_every_spelling_is_known_and_new_ones_are_learned(store):
    spellings = Spellings(store)
    assert sorted(spellings.of(CASES, "region", "brain")) == ["Brain", "brain"]
    assert spellings.of(CASES, "region", "BRAIN") == [] and spellings.of(REGIONS, "structure", "liver") == ["liver"]
    store.commit([case("d", "BRAIN")], [structure("d", "Liver")], 4)
    assert sorted(spellings.of(CASES, "region", "brain")) == ["BRAIN", "Brain", "brain"]
    assert sorted(spellings.of(REGIONS, "structure", "liver")) == ["Liver", "liver"]


def test_a_filter_finds_all_of_them_as_soon_as_they_are_there(store):
    library = Library(store)
    for wanted in ("brain", ["BRAIN", "knee"]):
        assert {one.name for one in library.cases(filters={"region": wanted})[0]} == {"a", "b"}
    assert not library.cases(filters={"region": "knee"})[1]
    store.commit([case("d", "Knee")], [], 4)
    assert library.cases(filters={"region": "knee"})[1] == 1
