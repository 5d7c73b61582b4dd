"""The cases that an evaluation chooses from."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.usable import recipe_cases

RECIPES = (".yaml", ".yml")
Item = TypeVar("Item")


def cases_to_measure(data: Path | str) -> list[Case]:
    """Those of a manifest, a data set or shards, as `read_cases` takes them; of a recipe those of its manifest, where its development
    people are of split dev. Raises InputError when it is none of these."""
    if not str(data).endswith(RECIPES):
        return read_cases(data)
    recipe = read_recipe(data)
    return [_renamed(case, recipe) for case in recipe_cases(recipe)]


def first_of_sources(
    items: Iterable[Item], count: int | None, source: Callable[[Item], str] = lambda case: case.source
) -> list[Item]:
    """At most `count` of each source, those of a source together; all of them for None. source: of an item that is no case."""
    by_source: dict[str, list[Item]] = defaultdict(list)
    for one in items:
        by_source[source(one)].append(one)
    return [one for group in by_source.values() for one in group[:count]]


def folder_of(data: Path | str) -> Path:
    """Where further tables lie beside the rows: the folder of the manifest (of a recipe: of its manifest), or the data set itself."""
    data = Path(read_recipe(data).manifest if str(data).endswith(RECIPES) else data)
    return data.parent if data.is_file() else data


def _renamed(case: Case, recipe: Recipe) -> Case:
    """Under the names that it trained by; images that are made of a label map are renamed when they are made."""
    names = recipe.sources[case.source].rename if case.source in recipe.sources and case.image else {}
    return replace(case, table={value: names.get(name, name) for value, name in case.table.items()}) if names else case
