"""Weights are fitted to free text: their sentences ask otherwise, their names as before, and the card tells."""

import pytest
import torch

from mrifoundation.model import Card, FoundationModel, NetworkConfig, load_model, save_model
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.free_text.__main__ import main
from mrifoundation_training.recipe import as_yaml

NAMES = ("liver", "left kidney", "right kidney", "spleen")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    config = NetworkConfig(
        channels=(32,) * 4, blocks=(1,) * 4, features=32, neck_layers=1, neck_heads=2, query_dim=32, names=NAMES
    )
    model = FoundationModel(config)
    model.name_text.copy_(torch.from_numpy(TextTower.load().embed(list(NAMES))))
    return save_model_of(tmp_path_factory.mktemp("weights"), model, config)


def save_model_of(folder, model, config):
    began_with = [{"source": "elsewhere", "tier": "research", "licence": "CC-BY-NC-SA-4.0", "subjects": 3}]
    save_model(folder, model, Card("tiny", "0.1.0", "CC-BY-NC-SA-4.0", config, began_with, {"steps": 7}))
    return folder


def test_sentences_are_read_otherwise_and_names_as_before(small_recipe, weights, tmp_path, capsys):
    recipe, output = tmp_path / "recipe.yaml", tmp_path / "fitted"
    recipe.write_text(as_yaml(small_recipe))
    told = ["--weights", str(weights), "--output", str(output), "--examples", "2", "--steps", "100"]
    assert main([str(recipe), "seed=3", *told]) == 0
    assert "step 100  words" in capsys.readouterr().out
    (before, _), (after, card) = load_model(weights), load_model(output)
    for part in ("weights", "bias", "vectors"):
        was, now = (getattr(model.query_names(list(NAMES)), part) for model in (before, after))
        torch.testing.assert_close(now, was, atol=5e-3, rtol=2e-3)
    said = torch.from_numpy(TextTower.load().embed(["organ that makes bile"]))
    assert (before.query_text(said).weights - after.query_text(said).weights).abs().max() > 0.1
    changed = {name for name, value in before.state_dict().items() if not torch.equal(value, after.state_dict()[name])}
    assert {name.split(".")[1] for name in changed} == {"text", "weights", "correction", "own_weights"}
    assert card.training["steps"] == 7 and card.training["free_text"]["steps"] == 100
    assert card.licence == "CC-BY-NC-SA-4.0" and {row["source"] for row in card.training_data} > {"elsewhere"}


def test_weights_that_are_not_there_are_refused(small_recipe, tmp_path, capsys):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(as_yaml(small_recipe))
    assert main([str(recipe), "--weights", str(tmp_path / "none"), "--output", str(tmp_path / "out")]) == 1
    assert "weights" in capsys.readouterr().err and not (tmp_path / "out").exists()
