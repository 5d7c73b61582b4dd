"""Labels that the scans most like a series contradict are pointed out; what cannot be told is left alone."""

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.library import Library
from mrifoundation.library.doubts import NEIGHBOURS, contradiction
from mrifoundation.library.schema import CASES
from mrifoundation.library.store import Store


@pytest.fixture
def library(tmp_path):
    """Two clusters of vectors, ten brains (T1) and ten knees (PD), each of its own patient; one knee is told to be a brain, one more
    knee belongs to its patient and repeats the mistake; one knee's region is a guess."""
    rng, rows = np.random.default_rng(0), []
    for n in range(21):
        knee = n >= 10
        vector = rng.normal(0, 0.05, 16) + np.eye(16)[int(knee)]
        rows.append(
            {
                "case": f"case{n:02d}", "collection": "scans", "content_hash": f"hash{n}", "name": f"scan {n}", "model": "weights-1",
                "patient": f"patient{n}", "region": "knee" if knee else "brain", "sequence": "PD" if knee else "T1", "guessed": [],
                "source": f"{n}.nii.gz", "series": "", "stamp": "", "profile": "fast", "caption": "", "report": "", "words": "",
                "identifiers": "{}", "shape": [1, 1, 1], "spacing_mm": [1.0, 1.0, 1.0], "thumbnail": b"", "flags": [],
                "embedding_16": (vector / np.linalg.norm(vector)).astype(np.float32),
            }
        )  # fmt: skip
    rows[15]["region"] = rows[16]["region"] = "brain"
    rows[16]["patient"] = rows[15]["patient"]
    rows[17] |= {"region": "brain", "guessed": ["region"]}
    store = Store(tmp_path / "library")
    store.create()
    store.commit(rows, [], 16)
    return Library.open(tmp_path / "library")


def test_wrong_labels_are_found_and_right_ones_believed(library):
    doubts = library.doubts()
    assert {(doubt.case, doubt.fact, doubt.told, doubt.probable) for doubt in doubts} == {
        ("case15", "region", "brain", "knee"),
        ("case16", "region", "brain", "knee"),
    }
    assert all(doubt.agreeing == NEIGHBOURS for doubt in doubts)


def test_one_collection_is_looked_at_and_a_missing_one_is_named(library):
    assert len(library.doubts("scans")) == 2
    with pytest.raises(InputError, match="no collection 'knees'"):
        library.doubts("knees")


def test_too_few_or_divided_witnesses_say_nothing():
    assert contradiction("brain", ["knee"] * (NEIGHBOURS - 1)) is None
    assert contradiction("brain", ["knee"] * 4 + ["heart"] * 3) is None
    assert contradiction("brain", ["brain"] * 2 + ["knee"] * 5) is None
    assert contradiction("brain", ["brain"] + ["knee"] * 6) == ("knee", 6)


def test_checking_changes_nothing(library):
    before = Store(library.uri).rows(CASES, "", ["case", "region", "sequence"])
    library.doubts()
    assert Store(library.uri).rows(CASES, "", ["case", "region", "sequence"]) == before
