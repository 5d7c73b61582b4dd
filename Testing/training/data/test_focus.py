"""What is shown from close by: around which labels, and what the network is told of it."""

from dataclasses import replace

import numpy as np
import pytest

from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.new_model import new_model

KIDNEYS = ("left kidney", "right kidney")


@pytest.fixture
def cases(small_data):
    return [case for case in read_manifest(small_data) if case.split == "train" and case.source == "bodies"]


def fields(cases, recipe, geometry, synthetic):
    """mm³ that eight examples show, as far as the field of view is whole."""
    recipe = replace(recipe, synthetic=synthetic)
    examples = Examples(cases, {"bodies": recipe}, replace(geometry, partial=0.0), seed=3)
    drawn = [examples[n] for n in range(8)]
    return [np.prod([part.stop * float(one.spacing[0]) for part in one.unpadded]) for one in drawn], drawn


@pytest.mark.parametrize("synthetic", [0.0, 1.0])
def test_a_focus_shows_less_and_so_finer(cases, small_recipe, synthetic):
    whole, focused = (
        SourceRecipe(1, whole=True, flip=False),
        SourceRecipe(1, flip=False, focus=1.0, focus_on=KIDNEYS[1:]),
    )
    (all_mm3, _), (some_mm3, drawn) = (fields(cases, one, small_recipe.geometry, synthetic) for one in (whole, focused))
    assert np.median(some_mm3) < 0.8 * np.median(all_mm3)
    for one in drawn:
        assert not one.askable.absent[one.askable.names.index(KIDNEYS[1])]


def test_the_network_knows_what_it_learned_from_close_by(cases, small_recipe):
    def close_ups(**focus):
        sources = {"bodies": SourceRecipe(1, **focus)}
        model = new_model(replace(small_recipe, sources=sources), cases)
        return [set(model.close_up(place)) for place in range(len(model.config.close_ups))]

    assert close_ups() == []
    assert close_ups(focus=0.5) == [{"liver", *KIDNEYS}]
    assert close_ups(focus=0.5, focus_on=KIDNEYS) == [set(KIDNEYS)]
