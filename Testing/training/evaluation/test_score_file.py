"""A score file grows case by case and can be gone on with after any kind of stop."""

import csv
import errno
import math
from dataclasses import replace

import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.evaluation.score_file import ScoreFile
from mrifoundation_training.evaluation.scores import Score

SCORE = Score("case-1", "s", "made", "left kidney", "present", 0.875, 2.5, 10.25, 9.5, 0.75, True, False, 0.75)
OTHER = replace(SCORE, structure="liver", truth="absent", dice=math.nan, hd95_mm=math.nan, in_view=False, swapped=None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.csv"


def test_what_was_written_comes_back(path):
    ScoreFile(path, "model", "fast").add("case-1", [SCORE, OTHER])
    again = ScoreFile(path, "model", "fast")
    assert "case-1" in again
    first, second = again.scores(["case-1"])
    assert first == SCORE
    assert (second.structure, second.swapped, second.in_view) == ("liver", None, False)
    assert math.isnan(second.dice)


def test_cases_add_up_over_several_runs(path):
    ScoreFile(path, "model", "fast").add("case-1", [SCORE])
    ScoreFile(path, "model", "fast").add("case-2", [replace(SCORE, case="case-2")])
    assert len(ScoreFile(path, "model", "fast").scores(["case-1", "case-2", "case-3"])) == 2


@pytest.mark.parametrize("cut", [3, 40, 75])
def test_a_case_that_was_cut_off_is_scored_again(path, cut):
    file = ScoreFile(path, "model", "fast")
    file.add("case-1", [SCORE, OTHER])
    file.add("case-2", [replace(SCORE, case="case-2"), replace(OTHER, case="case-2")])
    path.write_bytes(path.read_bytes()[:-cut])
    again = ScoreFile(path, "model", "fast")
    assert "case-1" in again
    assert "case-2" not in again
    again.add("case-2", [replace(SCORE, case="case-2")])
    assert len(ScoreFile(path, "model", "fast").scores(["case-1", "case-2"])) == 3


def test_a_disk_that_is_full_loses_nothing_when_a_file_is_gone_on_with(path, monkeypatch):
    file = ScoreFile(path, "model", "fast")
    file.add("case-1", [SCORE])
    written = path.stat().st_mtime_ns
    ScoreFile(path, "model", "fast")
    assert path.stat().st_mtime_ns == written, "there was nothing to write"
    file.add("case-2", [SCORE, OTHER])
    path.write_bytes(path.read_bytes()[:-40])

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk, pytest.raises(InputError, match="No space left"):
        disk.setattr(ScoreFile, "_write", full)
        ScoreFile(path, "model", "fast")
    assert "case-1" in ScoreFile(path, "model", "fast") and list(path.parent.iterdir()) == [path]


def test_scores_of_other_weights_or_another_profile_are_not_mixed_in(path):
    ScoreFile(path, "model", "fast").add("case-1", [SCORE])
    for model, profile in (("newer", "fast"), ("model", "fine")):
        with pytest.raises(InputError, match="choose another file or delete it"):
            ScoreFile(path, model, profile)
    assert "case-1" in ScoreFile(path, "model", "fast")


def test_scores_of_another_tolerance_are_not_mixed_in(path):
    ScoreFile(path, "model", "fast", tolerance_mm=1.5).add("case-1", [SCORE])
    with pytest.raises(InputError, match="this tolerance"):
        ScoreFile(path, "model", "fast")
    assert "case-1" in ScoreFile(path, "model", "fast", tolerance_mm=1.5)


def test_a_file_of_before_surface_dice_is_gone_on_with(path):
    ScoreFile(path, "model", "fast").add("case-1", [SCORE])
    rows = list(csv.DictReader(path.open()))
    kept = [name for name in rows[0] if name not in ("tolerance_mm", "surface_dice")]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, kept, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    ScoreFile(path, "model", "fast").add("case-2", [replace(SCORE, case="case-2")])
    earlier, later = ScoreFile(path, "model", "fast").scores(["case-1", "case-2"])
    assert (earlier.dice, earlier.swapped, later.surface_dice) == (0.875, False, 0.75)
    assert math.isnan(earlier.surface_dice), "nobody measured it"


def test_a_file_that_is_something_else_is_left_alone(path):
    path.write_text("id,age\n1,44\n")
    with pytest.raises(InputError, match="is not a score file"):
        ScoreFile(path, "model", "fast")
    assert path.read_text() == "id,age\n1,44\n"


def test_without_a_path_nothing_is_written(tmp_path):
    file = ScoreFile(None, "model", "fast")
    file.add("case-1", [SCORE])
    assert file.scores(["case-1"]) == [SCORE]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        ScoreFile(tmp_path / "none" / "scores.csv", "model", "fast")
