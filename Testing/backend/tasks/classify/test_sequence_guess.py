"""Which sequence the shipped weights take real scans for."""

import pytest
from pack_scans import scans

from mrifoundation import Engine, read_scan
from mrifoundation.tasks.classify.sequence_guess import guess_sequence


@pytest.fixture(scope="module")
def engine(own_folders):
    return Engine.load()


def guesses(engine, data_pack, source):
    """Of the first two development scans of a source."""
    paths = scans(data_pack, source=source, split="dev")[:2]
    return [guess_sequence(engine, engine.encode(read_scan(path))) for path in paths]


@pytest.mark.parametrize(("source", "sequence"), [("oasis", "T1"), ("acdc", "cine")])
def test_a_sequence_is_named_rightly_or_not_at_all(engine, data_pack, source, sequence):
    """A skull-stripped T1 scan, whose brightest voxels are white matter, was once told to be FLAIR."""
    assert all(guess is None or guess.name == sequence for guess in guesses(engine, data_pack, source))


def test_a_sequence_that_stands_out_is_named(engine, data_pack):
    assert [(guess.name, guess.contrast_agent) for guess in guesses(engine, data_pack, "chaos")] == [("T2", False)] * 2
