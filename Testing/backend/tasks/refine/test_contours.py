"""1,000 random marks, undos, redos and restarts lose no edit."""

import time

import numpy as np
import pytest

from mrifoundation import InputError, Scan
from mrifoundation.engine.refinement import Change, Mark
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.tasks.refine.contours import Contours

SHAPE = (20, 24, 16)


@pytest.fixture
def scan():
    return Scan(np.random.default_rng(1).normal(size=SHAPE).astype(np.float32), np.eye(4))


def a_step(contour, random):
    """A random exact edit, as a brush makes it."""
    start = random.integers(0, 12, 3)
    box = tuple(slice(int(a), int(a) + int(n)) for a, n in zip(start, random.integers(1, 5, 3), strict=True))
    painted = random.random([b.stop - b.start for b in box]) > 0.5
    painted[0, 0, 0] = True
    positive = bool(random.integers(2))
    mark = Mark("brush", positive=positive, painted=painted, start=tuple(b.start for b in box))
    after = np.where(painted, positive, contour.mask[box])
    placed = Placed(np.argwhere(painted) + [b.start for b in box], positive, 0.0)
    return contour.step(mark, placed, Change(box, after))


def test_a_thousand_edits_undos_and_restarts_lose_nothing(tmp_path, scan):
    random, contours = np.random.default_rng(0), Contours(tmp_path)
    contour = contours.open(scan, np.random.default_rng(4).random(SHAPE) > 0.8, name="one")
    states, position = [contour.mask.copy()], 0
    for _ in range(1000):
        action = random.choice(["mark", "undo", "redo", "restart"], p=[0.5, 0.25, 0.15, 0.1])
        if action == "restart":
            contours = Contours(tmp_path)
            contour = contours.get(contour.about.id)
        elif action == "mark":
            step = a_step(contour, random)
            contours.take(contour, step)
            states[position + 1 :] = [contour.mask.copy()]
            position += 1
        elif action == "undo" and position:
            contours.undo(contour)
            position -= 1
        elif action == "redo" and position < len(states) - 1:
            contours.redo(contour)
            position += 1
        assert contour.position == position and len(contour.steps) == len(states) - 1
        np.testing.assert_array_equal(contour.mask, states[position])


def test_a_restart_brings_marks_back_as_they_were(tmp_path, scan):
    contours, random = Contours(tmp_path), np.random.default_rng(7)
    contour = contours.open(scan)
    step = a_step(contour, random)
    contours.take(contour, step)
    again = Contours(tmp_path).get(contour.about.id)
    found = again.steps[0]
    assert again.about == contour.about and found.mark.to_json() == step.mark.to_json()
    np.testing.assert_array_equal(found.mark.painted, step.mark.painted)
    np.testing.assert_array_equal(found.placed.voxels, step.placed.voxels)


def test_contours_of_a_volume_are_listed_and_removed(tmp_path, scan):
    contours = Contours(tmp_path)
    first, second = contours.open(scan, name="a"), contours.open(scan, name="b")
    other = contours.open(Scan(scan.voxels + 1, np.eye(4)))
    assert [one.about.name for one in Contours(tmp_path).of_volume(scan.content_hash)] == ["a", "b"]
    contours.remove(first)
    assert [one.about.id for one in contours.of_volume(scan.content_hash)] == [second.about.id]
    assert contours.get(first.about.id) is None and contours.get(other.about.id) is other


def test_contours_are_listed_in_their_order_also_when_the_clock_was_set_back(tmp_path, scan, monkeypatch):
    now = time.time_ns()
    for name, hours in (("a", 5), ("b", 0), ("c", -3)):
        monkeypatch.setattr(
            "mrifoundation.tasks.refine.contours.time.time_ns", lambda hours=hours: now + hours * 3600 * 10**9
        )
        Contours(tmp_path).open(scan, name=name)  # each after a restart
    contours = Contours(tmp_path)
    contours.open(scan, name="d")
    contours.open(scan, name="e")
    assert [one.about.name for one in contours.of_volume(scan.content_hash)] == ["a", "b", "c", "d", "e"]


def test_an_edit_that_cannot_be_kept_is_not_done(tmp_path, scan):
    contours = Contours(tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    contour = contours.open(scan)
    (tmp_path / "folder" / f"{contour.about.id}.journal").unlink()
    (tmp_path / "folder").rmdir()
    with pytest.raises(InputError, match="could not be kept on disk"):
        contours.take(contour, a_step(contour, np.random.default_rng(0)))
    assert contour.position == 0 and not contour.mask.any()


def test_a_mask_of_another_grid_is_refused(tmp_path, scan):
    with pytest.raises(InputError, match="on the scan's grid"):
        Contours(tmp_path).open(scan, np.zeros((2, 2, 2), bool))
