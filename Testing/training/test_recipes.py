"""Every recipe that ships is valid, and overrides reach where they should."""

from importlib.resources import files

import pytest

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation_training.recipe import read_recipe

RECIPES = sorted((files("mrifoundation_training") / "configs").iterdir(), key=lambda f: f.name)


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_shipped_recipe_is_valid_and_its_network_can_be_built(path):
    recipe = read_recipe(path)
    model = FoundationModel(NetworkConfig(names=("liver",), **recipe.network))
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    assert 2 < millions < 25
    assert recipe.steps > 0 and all((s.weight > 0) != s.lesion_shapes for s in recipe.sources.values())


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_shipped_recipe_names_sources_of_the_data_pack(path, data_pack):
    from mrifoundation_training.data.manifest import read_manifest

    known = {case.source for case in read_manifest(data_pack / "volumes.csv") if case.labels and case.split == "train"}
    assert set(read_recipe(path).sources) <= known


def test_overrides_reach_inside():
    recipe = read_recipe(
        RECIPES[-1], ["steps=7", "geometry.partial=0.5", "learning_rate=3e-4", "sources.chaos.weight=2"]
    )
    assert (recipe.steps, recipe.geometry.partial, recipe.learning_rate) == (7, 0.5, 3e-4)
    assert recipe.sources["chaos"].weight == 2 and not recipe.sources["chaos"].flip


@pytest.mark.parametrize("override", ["steps", "stepz=3", "geometry.wrap_mm=2", "sources.chaos.wait=1"])
def test_a_wrong_override_is_refused(override):
    with pytest.raises(InputError, match=r"no field|not an override"):
        read_recipe(RECIPES[0], [override])
