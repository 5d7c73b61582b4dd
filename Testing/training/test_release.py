"""Weights ship with their own scores or not at all."""

import shutil

import pytest

from mrifoundation.errors import InputError
from mrifoundation.model import load_card, load_model
from mrifoundation_training.release import release

INTERVAL = {"mean": 0.81234, "low": 0.7, "high": None, "subjects": 3, "scans": 4}


def an_evaluation(model):
    rate = {"count": 0, "asked": 10, "rate": 0.0, "names": []}
    row = {"structure": "liver", "source": "bodies", "dice": INTERVAL, "hd95_mm": INTERVAL, "missed": 0}
    return {
        "model": model, "profile": "fast", "split": "dev", "structures": [row], "false_presence": rate, "sides_swapped": rate,
    }  # fmt: skip


def test_shipped_weights_carry_what_was_measured_and_load(tiny_weights, tmp_path):
    card = load_card(tiny_weights)
    release(tiny_weights, an_evaluation(card.model_id), "mrifoundation evaluate segmentation volumes.csv", tmp_path)
    _, shipped = load_model(tmp_path / card.name)
    assert shipped.model_id == card.model_id
    assert shipped.scores[0]["command"].startswith("mrifoundation evaluate")
    assert shipped.scores[1] == {
        "structure": "liver", "source": "bodies", "dice": 0.812, "interval_95": [0.7, None], "hd95_mm": 0.812, "scans": 4,
    }  # fmt: skip


def test_scores_of_other_weights_are_refused(tiny_weights, tmp_path):
    copy = shutil.copytree(tiny_weights, tmp_path / "copy")
    with pytest.raises(InputError, match="evaluate these"):
        release(copy, an_evaluation("another-1.0-abc"), "…", tmp_path / "shipped")
    assert not (tmp_path / "shipped").exists()
