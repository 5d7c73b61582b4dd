"""Fit what reads free text to weights that are there, on the training rows of a recipe.

    python -m mrifoundation_training.free_text RECIPE.yaml [field=value …] --weights FOLDER --output FOLDER [--examples 160] [--steps 2000]

The network sees each example once; then only the layers that make queries of sentences learn, of words that the vocabulary does not
know (`stages/free_words.py`). Names ask as before, up to the rounding of saved weights, and scans are encoded as before.
"""

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from mrifoundation.errors import InputError
from mrifoundation.model import Card, load_model, save_model
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.free_text.fitting import encoded, fit
from mrifoundation_training.parallel.world import World
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.usable import usable_cases
from mrifoundation_training.weights_card import card_of

EVERY = 100  # steps from one printed line to the next


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="field=value")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=160)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_intermixed_args(arguments)
    try:
        recipe = read_recipe(options.recipe, [*options.overrides, f"init={options.weights}"])
        card = fitted(recipe, options.output, options.examples, options.steps)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{card.model_id} is written to {options.output}; evaluate it before it replaces anything.")
    return 0


def fitted(recipe: Recipe, output: Path, count: int, steps: int) -> Card:
    """Fit to the weights that the recipe begins with, and save; gives the card, without scores."""
    began = time.monotonic()
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    (model, start), cases = load_model(recipe.init), usable_cases(recipe)
    drawn = Examples(cases, recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed)
    examples = track((drawn[n] for n in range(count)), "Encoding", count, console=Console(file=sys.stderr))
    seen = list(encoded(model, examples))
    fit(model, seen, recipe.words, steps, recipe.seed, _Printed())
    about = card_of(recipe, model, cases, steps, time.monotonic() - began, World(torch.device("cpu")))
    words = {"examples": count, "steps": steps, "seed": recipe.seed, "minutes": about.training["minutes_this_run"]}
    training = start.training | {"free_text": words | {"commit": about.training["commit"], "weights": start.model_id}}
    return save_model(output, model, dataclasses.replace(about, training=training, limits=start.limits))


class _Printed:
    """Means of the figures since the line before."""

    def __init__(self):
        self._since: list[dict[str, float]] = []

    def __call__(self, step: int, figures: dict[str, float]) -> None:
        self._since.append(figures)
        if step % EVERY == 0:
            means = {name: float(np.mean([one[name] for one in self._since])) for name in figures}
            print(f"step {step}  " + "  ".join(f"{name} {mean:.3f}" for name, mean in means.items()), flush=True)
            self._since = []


if __name__ == "__main__":
    sys.exit(main())
