"""The network that a run begins with: fresh, or weights that exist already, in a network that may have grown since."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, NetworkConfig, load_model
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.vertebral_levels import with_levels
from mrifoundation_training.data.volumes import load_case, renamed
from mrifoundation_training.recipe import Recipe

# How far the fluid reaches into the folds of the brain is a matter of each source's habit, so it takes nothing from the cortex.
YIELDING = ("cerebrospinal fluid",)
# What may differ between the weights to start from and the network of the recipe.
GROWS = ("embed_dim", "families", "yielding", "lesions", "close_ups", "blocks", "refine")


def new_model(recipe: Recipe, cases: list[Case]) -> FoundationModel:
    """A fresh network for every name of the vocabulary, or the one in `recipe.init`, with the blocks that the recipe's has more.

    Raises InputError where the weights of `recipe.init` do not fit the recipe's network."""
    vocabulary = Vocabulary.load()
    names = vocabulary.names
    config = NetworkConfig(
        names=names,
        families=families_of(shown(cases, recipe.sources), names),
        yielding=tuple(row for row, name in enumerate(names) if name in YIELDING),
        close_ups=families_of(_shown_close(cases, recipe.sources), names),
        lesions=tuple(row for row, name in enumerate(names) if vocabulary[name].kind == "lesion"),
        **recipe.network,
    )
    model = FoundationModel(config)
    if not recipe.init:
        model.name_text.copy_(torch.from_numpy(_embedded(names)))
        return model
    start = load_model(recipe.init)[0]
    same = start.config == replace(config, **{field: getattr(start.config, field) for field in GROWS})
    if not same or not _grown(start, model):
        raise InputError(
            f"The network in {recipe.init} is not the one that the recipe describes; leave init or network out."
        )
    return model


@lru_cache(maxsize=1)
def _embedded(names: tuple[str, ...]) -> np.ndarray:
    return TextTower.load().embed(list(names))


def _grown(start: FoundationModel, model: FoundationModel) -> bool:
    """Give `model` the weights of `start`; blocks that it has more begin as the identity, so that it answers as `start` does.

    False where `start` has weights that `model` has no place for."""
    found = model.load_state_dict(start.state_dict(), strict=False)
    added = {name.rsplit(".", 2)[0] for name in found.missing_keys if ".norm2." in name}
    with torch.no_grad():
        for name in added:
            block = model.get_submodule(name)
            block.norm2.weight.zero_()
    return not found.unexpected_keys


def shown(cases: list[Case], sources: dict[str, SourceRecipe]) -> list[Case]:
    """The cases, and beside them what they become where a recipe tells the levels of their vertebrae and they can be told."""
    levelled = [case for case in cases if case.source in sources and sources[case.source].levels]
    return cases + [told for case in levelled if (told := _levelled(case, sources[case.source].rename))]


def _levelled(case: Case, rename: dict[str, str]) -> Case | None:
    """None where it cannot be read or shows no sacrum; a run names such a case when it would draw it."""
    try:
        return with_levels(renamed(load_case(case), rename)).case
    except InputError:
        return None


def _shown_close(cases: list[Case], sources: dict[str, SourceRecipe]) -> list[Case]:
    """The cases that are also shown from close by, with the labels that this is about."""
    close = [
        (case, sources[case.source].focus_on) for case in cases if case.source in sources and sources[case.source].focus
    ]
    return [
        replace(case, table={value: name for value, name in case.table.items() if not names or name in names})
        for case, names in close
    ]


def families_of(cases: list[Case], names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Rows of the names that one label table tells apart; each table once, those of most cases first."""
    row = {name: index for index, name in enumerate(names)}
    tables = Counter(tuple(sorted({row[name] for name in case.table.values() if name in row})) for case in cases)
    return tuple(table for table, _ in sorted(tables.items(), key=lambda item: (-item[1], item[0])) if len(table) > 1)
