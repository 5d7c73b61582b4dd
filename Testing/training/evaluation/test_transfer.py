"""`mrifoundation evaluate transfer`: likeness to the training data beside the Dice reached."""

import json

import numpy as np
import pytest

from mrifoundation.cli import main
from mrifoundation.errors import InputError
from mrifoundation.model import load_card, load_model, save_model
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.likeness import frechet, nearest_cosine, rank_correlation
from mrifoundation_training.evaluation.transfer import Measured, as_markdown, compared

RNG = np.random.default_rng


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def a_scan(number, source, vector, dice=float("nan"), subject=None):
    case = Case(f"{source}-{number}", subject or f"{source}-{number}", source, "brain", None, None, {})
    return Measured(case, unit(np.asarray(vector, float)), dice)


def test_the_nearest_scan_is_never_one_of_the_same_subject():
    training = unit(np.array([[1.0, 0], [0, 1.0]]))
    found = nearest_cosine(unit(np.array([[1.0, 0], [1.0, 1.0]])), ["a", "c"], training, ["a", "b"])
    assert found == pytest.approx([0.0, np.sqrt(0.5)])
    assert np.isnan(nearest_cosine(training[:1], ["a"], training[:1], ["a"])).all()


def test_the_frechet_distance_is_that_of_the_gaussians():
    draws = RNG(0).normal(size=(20_000, 3))
    assert frechet(draws, 2 * draws + [1, 0, 2]) == pytest.approx(1 + 4 + 3, rel=0.05)
    assert frechet(draws, draws) == 0 and np.isnan(frechet(draws[:1], draws))


def test_dice_that_grows_with_likeness_is_found_and_dice_that_does_not_is_not():
    likeness, subjects = RNG(1).random(40), [f"s{n}" for n in range(40)]
    grows = rank_correlation(likeness, likeness**2, subjects)
    assert grows["rho"] == pytest.approx(1) and grows["low"] > 0.99 and grows["scans"] == 40
    chance = rank_correlation(likeness, RNG(2).random(40), subjects)
    assert chance["low"] < 0 < chance["high"]
    assert rank_correlation(likeness[:2], likeness[:2], subjects[:2])["rho"] is None


def test_sources_are_told_apart_by_whether_they_were_learned_from():
    there = [a_scan(n, "old", RNG(n).normal([3, 0, 0], 0.3)) for n in range(6)]
    near = [a_scan(n, "old", RNG(50 + n).normal([3, 0, 0], 0.3), 0.9, f"new-{n}") for n in range(5)]
    far = [a_scan(n, "far", RNG(70 + n).normal([0, 3, 0], 0.3), 0.2) for n in range(5)]
    found = compared([*near, *far], there)
    old, new = found["sources"]
    assert old["learned"] and not new["learned"]
    assert old["likeness"] > new["likeness"] and old["frechet"] < new["frechet"]
    assert (old["dice"], new["dice"]) == (0.9, 0.2) and found["correlation"]["rho"] > 0.5
    assert "| far | no | 5 |" in as_markdown(found | {"model": "m", "profile": "fast", "split": "dev"})


def test_people_of_two_sources_are_two_though_they_are_called_the_same():
    there = [a_scan(1, "old", [1, 0], subject="01"), a_scan(2, "old", [0, 1], subject="02")]
    found = compared([a_scan(1, source, [1, 0.1], 0.5, "01") for source in ("old", "new")], there)
    assert found["correlation"]["subjects"] == 2
    assert [round(row["likeness"]) for row in found["scans"]] == [0, 1], "only one's own scan does not count"


def test_the_command_measures_real_files(small_data, tiny_weights, tmp_path):
    from dataclasses import replace

    model = load_model(tiny_weights)[0]
    card = replace(load_card(tiny_weights), training_data=[{"source": "bodies"}])
    save_model(tmp_path / "weights", model, card)
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "md", "png")}
    arguments = ["--weights", str(tmp_path / "weights"), "--profile", "fast"]
    arguments += ["-o", str(files["json"]), "--table", str(files["md"]), "--plot", str(files["png"])]
    assert main(["evaluate", "transfer", str(small_data), *arguments]) == 0
    found = json.loads(files["json"].read_text())
    assert found["training_scans"] == 2 and [row["case"] for row in found["scans"]] == ["c"]
    assert -1 <= found["scans"][0]["likeness"] <= 1 and 0 <= found["scans"][0]["dice"] <= 1
    assert found["correlation"]["rho"] is None and "no correlation to tell" in files["md"].read_text()
    assert files["png"].read_bytes()[:4] == b"\x89PNG"


def test_weights_that_learned_from_elsewhere_ask_for_their_manifest(small_data, tiny_weights):
    from mrifoundation_training.evaluation.transfer import evaluate

    with pytest.raises(InputError, match="--training"):
        evaluate(small_data, profile="fast", weights=tiny_weights)
