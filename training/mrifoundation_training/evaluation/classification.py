"""`mrifoundation evaluate classification`: every head cross-validated again, beside its baselines, and asked about development cases."""

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.zero_shot import zero_shot
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.calibration_plot import write_reliability
from mrifoundation_training.evaluation.classification_table import Evaluated, aims, print_table
from mrifoundation_training.evaluation.pointing import pointing_game
from mrifoundation_training.heads.agreement import Agreement, bland_altman
from mrifoundation_training.heads.development import development_examples
from mrifoundation_training.heads.figures_of_people import figures_of_people
from mrifoundation_training.heads.fit import NAMES, built
from mrifoundation_training.heads.recipe import Data
from mrifoundation_training.heads.recipes import RECIPES


def evaluate(
    manifest: Path,
    *,
    heads: Collection[str] | None = None,
    acdc: Path | None = None,
    picai: Path | None = None,
    plots: Path | None = None,
    as_json: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Print the table of all heads (or, `as_json`, one object). plots: a folder for reliability and Bland–Altman plots (PNG).

    Gives the exit code: 0 when any head could be measured, 1 when none could. Raises InputError for what is not there.
    """
    unknown = sorted(set(heads or ()) - set(NAMES))
    if unknown:
        raise InputError(f"There is no head {', '.join(unknown)} to evaluate; there are {', '.join(NAMES)}.")
    data = Data(read_manifest(manifest), Path(manifest).parent, acdc, picai)
    engine = Engine.load(weights)
    found = [evaluated(engine, data, name) for name in heads or NAMES]
    if plots is not None:
        write_plots(plots, found)
    if as_json:
        print(json.dumps(_json(engine, found), ensure_ascii=False))
    else:
        print_table(found, engine.card.model_id)
    return 0 if any(one.figures for one in found) else 1


def evaluated(engine: Engine, data: Data, name: str) -> Evaluated:
    """One head, fitted again from what is measured (or already measured and kept)."""
    try:
        head = built(engine, data, name)
    except InputError as error:
        return Evaluated(name, problem=str(error))
    recipe = RECIPES.get(name)
    pointed = pointing_game(engine, head, recipe, data) if recipe and head.card.positive else None
    return Evaluated(
        name,
        head.card.figures,
        head.card.trained_on["sentence"],
        _zero_shot(engine, data, head),
        asdict(pointed) if pointed else {},
    )


def _zero_shot(engine: Engine, data: Data, head: Head) -> dict:
    """The same development cases asked by a sentence against its opposite; {} where the weights read no words or there is none."""
    recipe = RECIPES.get(head.card.name)
    if recipe is None or not recipe.sentences or not engine.reads_text:
        return {}
    chances, examples = [], development_examples(recipe, data)
    for example in examples:
        scan = example.read()[0]
        answer = zero_shot(engine, engine.encode(scan), *recipe.sentences, heat=False)
        chances.append(answer.probabilities[" ".join(recipe.sentences[0].split())])
    if not examples:
        return {}
    labels = [head.card.classes.index(example.label) for example in examples]
    given = np.array(chances)
    people = [example.patient for example in examples]
    return figures_of_people(np.stack([1 - given, given], axis=1), labels, people, head.card.classes)


def write_plots(folder: Path, found: list[Evaluated]) -> None:
    """`reliability-<head>.png` of each head, and Bland–Altman plots of the agreement with OASIS."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in found:
        if one.figures:
            write_reliability(folder / f"reliability-{one.name}.png", one.name, one.figures["reliability"])
        for number, agreement in enumerate(one.figures.get("agreement", ())):
            bland_altman(folder / f"bland-altman-{'nwbv' if number == 0 else 'etiv'}.png", Agreement(**agreement))


def _json(engine: Engine, found: list[Evaluated]) -> dict:
    heads = [
        {
            "head": one.name,
            "figures": one.figures,
            "zero_shot": one.zero_shot,
            "trained_on": one.trained_on,
            "problem": one.problem,
        }
        for one in found
    ]
    return {"model": engine.card.model_id, "heads": heads, "aims": aims(found)}
