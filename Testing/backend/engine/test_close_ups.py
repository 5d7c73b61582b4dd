"""A second look from close by: where, at what, and what becomes of it."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation import Engine, Scan
from mrifoundation.engine import close_ups
from mrifoundation.volume import read_scan
from mrifoundation.volume.adapt import WorkingGrid
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.overlap import dice

GRID = WorkingGrid(2.5, (120, 120, 40), np.array([10.0, 10.0, 0.0]), np.array([1.25, 1.25, 0.25]), (180, 180, 10))


@pytest.fixture
def near_weights(weights_with, tmp_path, monkeypatch):
    """Random weights that learned their first two names from close by, and look there however large it is."""
    monkeypatch.setattr(close_ups, "LARGEST", 2.0)
    monkeypatch.setattr(close_ups, "MARGIN", -10.0)
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    return weights_with(close_ups=((0, 1),))


@pytest.fixture
def head(head_voxels, oblique_affine):
    return Scan(head_voxels, oblique_affine, "head")


def test_the_box_reaches_somewhat_beyond_what_was_found_and_stays_inside_the_scan():
    box = close_ups.around(GRID, (slice(40, 60), slice(2, 30), slice(0, 40)))
    assert box == (slice(52, 94), slice(10, 56), slice(0, 10))


def test_what_fills_the_scan_is_not_looked_at_again():
    assert close_ups.around(GRID, (slice(0, 110), slice(0, 100), slice(0, 40))) is None


def test_the_second_look_is_finer_and_survives_on_disk(near_weights, head):
    engine, told = Engine.load(near_weights, "cpu"), []
    assert engine.encode(head, "fast").close_ups == {}
    first = engine.encode(head, "standard", progress=lambda stage, fraction, message: told.append(fraction))
    near = first.close_ups[0]
    assert told == sorted(told) and told[-1] <= 1
    assert near.grid.scan_shape == first.grid.scan_shape and np.prod(near.grid.shape) < np.prod(first.grid.shape)
    again = Engine.load(near_weights, "cpu").encode(
        head, "standard", progress=lambda *step: pytest.fail("encoded again")
    )
    assert torch.equal(again.close_ups[0].voxel, near.voxel) and again.nbytes == first.nbytes > near.nbytes


def test_only_what_was_learned_from_close_by_is_taken_from_the_second_look(near_weights, head):
    engine = Engine.load(near_weights, "cpu")
    twice = engine.encode(head, "standard")
    once = dataclasses.replace(twice, close_ups={})
    names = engine.card.config.names
    for name, differs in ((names[0], True), (names[2], False)):
        answers = [engine.segment(encoding, [name]).labels for encoding in (twice, once)]
        assert answers[0].any() and np.array_equal(*answers) != differs, name


def test_a_heart_is_drawn_better_than_at_first_sight(data_pack, tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    case = next(
        case for case in read_manifest(data_pack / "volumes.csv") if case.source == "acdc" and case.split == "train"
    )
    scan, engine = read_scan(case.image), Engine.load()
    truth, names = reference_labels(case, scan), list(case.table.values())
    twice = engine.encode(scan)
    (near,) = twice.close_ups.values()
    assert near.grid.spacing < 0.75 * twice.grid.spacing
    scores = []
    for encoding in (twice, dataclasses.replace(twice, close_ups={})):
        labels = engine.segment(encoding, names).labels
        scores.append(np.mean([dice(labels == n, truth == value) for n, value in enumerate(case.table, 1)]))
    assert scores[0] > scores[1] > 0.7
