"""A run that starts from smaller weights answers as they do, until it has learned more."""

import dataclasses

import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation.model import load_model
from mrifoundation_training.new_model import new_model
from mrifoundation_training.train import train
from mrifoundation_training.usable import usable_cases


@pytest.fixture
def started(small_recipe, tmp_path):
    """The recipe of a run that starts from the weights of another, and these weights."""
    train(dataclasses.replace(small_recipe, steps=2), tmp_path / "run")
    recipe = dataclasses.replace(small_recipe, init=str(tmp_path / "run" / "weights"))
    return recipe, load_model(recipe.init)[0]


def encoded(model):
    torch.manual_seed(0)
    image = torch.rand(1, 1, 48, 48, 48)
    with torch.inference_mode():
        return model.eval().encode(image, torch.ones_like(image), torch.full((1, 4), 2.0))


def test_blocks_that_are_added_change_hardly_anything_at_first(started):
    recipe, smaller = started
    network = recipe.network | {"blocks": (2, 1, 2, 1), "refine": (1, 1, 0)}
    model = new_model(dataclasses.replace(recipe, network=network), usable_cases(recipe))
    before, after = encoded(smaller), encoded(model)
    assert sum(p.numel() for p in model.parameters()) > sum(p.numel() for p in smaller.parameters())
    assert (after.voxel - before.voxel).abs().mean() < 0.05 * before.voxel.abs().mean()
    assert (after.tokens - before.tokens).abs().mean() < 0.05 * before.tokens.abs().mean()
    added = model.get_submodule("network.refine.0.0")
    assert torch.isfinite(added.conv1.conv.weight).all() and added.norm2.weight.abs().max() == 0


@pytest.mark.parametrize("other", [{"channels": (32, 32, 32, 64)}, {"neck_layers": 2}])
def test_what_cannot_grow_is_refused(started, other):
    recipe, _ = started
    with pytest.raises(InputError, match="leave init or network out"):
        new_model(dataclasses.replace(recipe, network=recipe.network | other), usable_cases(recipe))


def test_a_network_does_not_shrink(started, tmp_path):
    recipe, _ = started
    larger = dataclasses.replace(recipe, network=recipe.network | {"refine": (1, 0, 0)})
    train(dataclasses.replace(larger, steps=2), tmp_path / "larger")
    with pytest.raises(InputError, match="leave init or network out"):
        new_model(dataclasses.replace(recipe, init=str(tmp_path / "larger" / "weights")), usable_cases(recipe))
