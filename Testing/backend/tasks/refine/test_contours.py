"""1,000 random marks, undos, redos and restarts lose no edit."""

import re
import time
from pathlib import Path

import numpy as np
import pytest

from mrifoundation import InputError, Scan
from mrifoundation.engine.refinement import Change, Mark
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.tasks.refine.contours import Contours
from mrifoundation.tasks.refine.journal import Journal

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


def journal_of(folder, contour):
    return folder / f"{contour.about.id}.journal"


def three_steps(folder, scan):
    contours, random = Contours(folder), np.random.default_rng(3)
    contour = contours.open(scan, name="one")
    states = [contour.mask.copy()]
    for _ in range(3):
        contours.take(contour, a_step(contour, random))
        states.append(contour.mask.copy())
    return contour, states


def test_a_contour_with_a_damaged_step_is_shown_as_it_was_before_and_stays_as_it_is(tmp_path, scan):
    made, states = three_steps(tmp_path, scan)
    path = journal_of(tmp_path, made)
    content = bytearray(path.read_bytes())
    second = [place.start() for place in re.finditer(b"MFJ1", content)][2]
    content[second + 30] ^= 1
    path.write_bytes(bytes(content))
    contours = Contours(tmp_path)
    [found] = contours.of_volume(scan.content_hash)
    assert not found.is_complete and found.position == 1 and contours.get(made.about.id) is found
    np.testing.assert_array_equal(found.mask, states[1])
    random = np.random.default_rng(0)
    for change in (
        lambda: contours.take(found, a_step(found, random)),
        lambda: contours.undo(found),
        lambda: contours.review(found, True),
    ):
        with pytest.raises(InputError, match="open a new one from it"):
            change()
    assert path.read_bytes() == bytes(content)
    assert contours.get(made.about.id).position == 1


@pytest.mark.parametrize("record", [{"lock": 3}, {"to": 7}, {"at": 3, "mark": {"kind": "point", "depth": 4}}], ids=str)
def test_a_record_that_a_newer_version_wrote_ends_what_is_read_and_is_kept(tmp_path, scan, record):
    made, states = three_steps(tmp_path, scan)
    made.journal.append(record)
    before = journal_of(tmp_path, made).read_bytes()
    contours = Contours(tmp_path)
    found = contours.get(made.about.id)
    assert not found.is_complete and contours.get(made.about.id) is found
    np.testing.assert_array_equal(found.mask, states[3])
    with pytest.raises(InputError, match="open a new one from it"):
        contours.undo(found)
    assert journal_of(tmp_path, made).read_bytes() == before


def test_a_contour_that_a_newer_version_opened_disturbs_no_other(tmp_path, scan):
    made, _ = three_steps(tmp_path, scan)
    for name, opening in {
        "a" * 16: {"begin": {}},
        "b" * 16: {"open": {"volume": scan.content_hash, "planes": 3}},
    }.items():
        Journal(tmp_path / f"{name}.journal").append(opening)
    contours = Contours(tmp_path)
    assert [one.about.id for one in contours.of_volume(scan.content_hash)] == [made.about.id]
    assert contours.get("a" * 16) is None and contours.open(scan).about.opened_ns > made.about.opened_ns
    assert len(list(tmp_path.glob("*.journal"))) == 4


def test_replicas_see_what_the_others_did(tmp_path, scan):
    here, there, random = Contours(tmp_path), Contours(tmp_path), np.random.default_rng(5)
    name = here.open(scan).about.id
    for number in range(6):
        one = (here, there)[number % 2]
        one.take(one.get(name), a_step(one.get(name), random))
    here.undo(here.get(name))
    assert (there.get(name).position, len(there.get(name).steps)) == (5, 6)
    np.testing.assert_array_equal(there.get(name).mask, here.get(name).mask)
    there.remove(there.get(name))
    assert here.get(name) is None


def test_a_step_that_was_worked_out_while_another_replica_made_one_is_refused(tmp_path, scan):
    here, there, random = Contours(tmp_path), Contours(tmp_path), np.random.default_rng(5)
    contour = here.open(scan)
    other = there.get(contour.about.id)
    there.take(other, a_step(other, random))
    with pytest.raises(InputError, match="ask again"):
        here.take(contour, a_step(contour, random))
    again = here.get(contour.about.id)
    assert again.position == 1
    here.take(again, a_step(again, random))
    assert there.get(contour.about.id).position == 2


WORKER = """
import sys
import numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from mrifoundation import InputError
from mrifoundation.tasks.refine import Contours
from test_contours import a_step
contours, random = Contours(Path(sys.argv[1])), np.random.default_rng(int(sys.argv[3]))
done = 0
while done < 40:
    contour = contours.get(sys.argv[2])
    try:
        contours.take(contour, a_step(contour, random))
        done += 1
    except InputError as error:
        assert "ask again" in str(error), error
"""


def test_two_processes_that_draw_at_once_lose_no_step(tmp_path, scan):
    from forked_python import ForkedPython  # which the workers, who take `a_step` from this file, do not find

    contour = Contours(tmp_path).open(scan)
    here = Path(__file__).parent
    workers = [ForkedPython(["-c", WORKER, tmp_path, contour.about.id, seed, here]) for seed in range(2)]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0]
    found = Contours(tmp_path).get(contour.about.id)
    assert found.is_complete and found.position == len(found.steps) == 80
    assert [path.suffix for path in tmp_path.iterdir()] == [".journal"]


def test_what_was_set_aside_goes_with_its_contour(tmp_path, scan):
    made, _ = three_steps(tmp_path, scan)
    with open(journal_of(tmp_path, made), "ab") as file:
        file.write(b"MFJ1 cut off")
    contours = Contours(tmp_path)
    contours.undo(contours.get(made.about.id))
    assert len(list(tmp_path.iterdir())) == 2
    contours.remove(contours.get(made.about.id))
    assert list(tmp_path.iterdir()) == []
