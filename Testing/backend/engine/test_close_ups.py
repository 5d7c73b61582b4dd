"""A second look from close by: where, at what, and what becomes of it."""

import dataclasses

import numpy as np
import pytest
import torch

from mrifoundation import Engine, Scan
from mrifoundation.engine import close_ups
from mrifoundation.engine.refinement.window import Window
from mrifoundation.engine.refinement.words import seen_closest
from mrifoundation.volume import read_scan
from mrifoundation.volume.adapt import WorkingGrid, brought_onto
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


def test_the_box_reaches_somewhat_beyond_what_was_found_and_stays_inside_the_scan(monkeypatch):
    monkeypatch.setattr(close_ups, "MARGIN", 15.0)
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


def test_logits_of_the_second_look_come_on_the_grid_of_the_first(near_weights, head):
    engine = Engine.load(near_weights, "cpu")
    encoding = engine.encode(head, "standard")
    grid, near = encoding.grid, encoding.close_ups[0].grid
    logits = engine.text_logits(encoding, engine.card.config.names[0])
    first, last = (
        np.rint((one - grid.start) / grid.step).astype(int)
        for one in (near.start, near.start + near.step * (np.array(near.shape) - 1))
    )
    within = np.zeros(grid.shape, bool)
    within[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))] = True
    assert logits.shape == grid.shape and (logits[~within] == -30).mean() > 0.9 and (logits[within] > -30).mean() > 0.9


def test_a_contour_is_corrected_on_what_was_seen_from_close_by(near_weights, head):
    engine = Engine.load(near_weights, "cpu")
    encoding, names = engine.encode(head, "standard"), engine.card.config.names
    near = encoding.close_ups[0]
    inside, everywhere = (
        Window.around(np.array(low), np.array(high), np.ones(3), near.grid.scan_shape)
        for low, high in ((near.grid.start + 5, near.grid.start + 10), ((0, 0, 0), near.grid.scan_shape))
    )
    for name, place in ((names[0], 0), (names[2], None), (None, 0)):
        words = name and engine.words(encoding, name)
        seen, logits = seen_closest(encoding, words, inside)
        assert seen is (encoding if place is None else near), name
        assert logits is None if name is None else logits.shape == seen.grid.shape
        assert seen_closest(encoding, words, everywhere)[0] is encoding


def test_what_is_brought_onto_another_grid_stays_in_its_place():
    finer = WorkingGrid(
        1.25, (60, 50, 40), np.array([30.0, 40.0, 2.0]), np.array([0.625, 0.625, 0.125]), (180, 180, 10)
    )
    places = [finer.start[a] + finer.step[a] * np.arange(finer.shape[a]) for a in range(3)]
    rising = places[0][:, None, None] + 2 * places[1][None, :, None] - 3 * places[2][None, None, :]
    moved = brought_onto(GRID, rising, finer, outside=-1000.0)
    i, j, k = 24, 30, 20  # working voxels of GRID, inside of the other
    there = GRID.start + GRID.step * np.array([i, j, k])
    assert moved.shape == GRID.shape and moved[0, 0, 0] == moved[119, 119, 39] == -1000
    np.testing.assert_allclose(moved[i, j, k], there @ [1, 2, -3], atol=0.05)


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
