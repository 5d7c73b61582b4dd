"""What kind of scan it is, in words: only what was recognised is told."""

from dataclasses import replace

import numpy as np
import pytest

from mrifoundation import Engine, Scan, read_scan
from mrifoundation.tasks.classify.kind_of_scan import KindOfScan
from mrifoundation.tasks.classify.sequence_guess import SequenceGuess
from mrifoundation.tasks.classify.study import Study

T1 = SequenceGuess("T1", False, 0.93)


def test_part_of_the_body_sequence_agent_and_plane_are_told():
    kind = KindOfScan("axial", ("brain",), T1)
    assert kind.sentence == "The scan is an axial stack of the brain, most like T1 (a guess)."
    enhanced = replace(kind, plane="3D", sequence=replace(T1, contrast_agent=True))
    assert enhanced.sentence == "The scan is a 3-D volume of the brain, most like T1 with contrast agent (a guess)."
    assert enhanced.to_dict()["contrast_agent"] is True and enhanced.to_dict()["probability"] == 0.93


def test_what_was_not_recognised_is_said_so():
    kind = KindOfScan("oblique sagittal")
    assert "no part of the body was recognised" in kind.sentence and "does not stand out" in kind.sentence
    assert kind.to_dict()["sequence"] is None and kind.to_dict()["contrast_agent"] is None


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights)


def test_noise_has_no_kind(engine):
    noise = Scan(np.random.default_rng(0).normal(100, 30, (32, 32, 10)).astype(np.float32), np.diag([2.0, 2, 6, 1]))
    kind = KindOfScan.of(Study.encode(engine, [noise], "fast"))
    assert (kind.plane, kind.regions, kind.sequence) == ("axial", (), None)
    assert "cannot be told: the scan looks like noise" in kind.sentence


def test_weights_that_read_no_words_guess_no_sequence(engine, head_file):
    kind = KindOfScan.of(Study.encode(engine, [read_scan(head_file)], "fast"))
    assert kind.sequence is None and kind.sentence.startswith("The scan is a")
