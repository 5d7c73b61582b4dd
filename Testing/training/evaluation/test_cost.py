"""The cost of a Dice on bodies made here: what is counted, where a sweep stops, and when a ratio is only a bound."""

import json
from functools import partial

import pytest

from mrifoundation_training.evaluation import cost
from mrifoundation_training.evaluation.cost import as_markdown, evaluate
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe

TINY = {"structures": ["liver"], "profile": "fast", "as_json_object": True}


def test_arithmetic_grows_with_steps_and_a_query_costs_less(small_data, tiny_weights, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cost, "ScratchRecipe", partial(ScratchRecipe, patch=32))
    kept = tmp_path / "cost.json"
    assert evaluate(small_data, steps=(2, 4), more_scans=(2,), weights=tiny_weights, output=kept, **TINY) == 0
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    assert json.loads(kept.read_text()) == found
    assert 0 < row["query"]["tflop"] < row["by_steps"][0]["tflop"] and row["query"]["scans"] == 1
    if len(row["by_steps"]) == 2:
        assert row["by_steps"][1]["tflop"] == pytest.approx(2 * row["by_steps"][0]["tflop"])
    last = row["by_steps"][-1]
    assert row["tflop_ratio"] == pytest.approx(last["tflop"] / row["query"]["tflop"])
    assert row["tflop_reached"] == (last["dice"] >= row["query"]["dice"])


def test_where_the_same_scans_were_enough_no_scan_was_saved():
    reached = [
        cost.Point(1, steps, tflop, dice) for steps, tflop, dice in ((0, 0.5, 0.7), (100, 1.0, 0.6), (300, 3.0, 0.75))
    ]
    row = cost._as_row(cost.Cost("a", "liver", True, 3, reached[0], tuple(reached[1:]), ()))
    assert (row["tflop_ratio"], row["scans_ratio"], row["scans_reached"]) == (6.0, 1.0, True)


def point(scans, steps, tflop, dice):
    return {"scans": scans, "steps": steps, "tflop": tflop, "dice": dice}


def test_a_ratio_that_was_never_reached_is_written_as_a_bound():
    row = {
        "source": "a", "structure": "liver", "learned": True, "tests": 3, "query": point(1, 0, 0.5, 0.9),
        "by_steps": [point(1, 100, 10.0, 0.6)], "by_scans": [point(2, 100, 10.0, 0.92)],
        "tflop_ratio": 20.0, "tflop_reached": False, "scans_ratio": 2.0, "scans_reached": True,
    }  # fmt: skip
    line = as_markdown({"model": "m", "profile": "fast", "scratch": "A network.", "rows": [row]}).splitlines()[4]
    assert "| > 20 × |" in line and line.endswith("| 2 × |")
