"""`mrifoundation evaluate classification`: every head cross-validated again, beside its baselines, and asked about development cases."""

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.classify import classify
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.zero_shot import zero_shot
from mrifoundation_training.evaluation.calibration_plot import write_reliability
from mrifoundation_training.evaluation.classification_table import Evaluated, aims, print_table
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.markdown_page import MarkdownPage
from mrifoundation_training.evaluation.measured_cases import cases_to_measure, folder_of
from mrifoundation_training.evaluation.pointing import pointing_game
from mrifoundation_training.heads import dementia, oasis
from mrifoundation_training.heads.agreement import Agreement, bland_altman
from mrifoundation_training.heads.development import development_examples
from mrifoundation_training.heads.figures_of_people import figures_of_people
from mrifoundation_training.heads.fit import NAMES, built
from mrifoundation_training.heads.recipe import Data
from mrifoundation_training.heads.recipes import RECIPES


def evaluate(
    manifest: Path | str,
    *,
    heads: Collection[str] | None = None,
    acdc: Path | None = None,
    picai: Path | None = None,
    output: Path | None = None,
    table: Path | None = None,
    plots: Path | None = None,
    as_json: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Print the table of all heads (or, `as_json`, one object). manifest: what `cases_to_measure` takes, with the
    diagnoses that only a CSV and shards of one tell. output: a JSON file for the
    same object; table: Markdown; plots: a folder for reliability and Bland–Altman plots (PNG).

    Gives the exit code: 0 when any head could be measured, 1 when none could. Raises InputError for what is not there.
    """
    unknown = sorted(set(heads or ()) - set(NAMES))
    if unknown:
        raise InputError(f"There is no head {', '.join(unknown)} to evaluate; there are {', '.join(NAMES)}.")
    data = Data(cases_to_measure(manifest), folder_of(manifest), acdc, picai)
    if not any(_has_cases(data, name) for name in heads or NAMES):
        raise InputError(
            "There is nothing to fit a head to: a head needs scans of known diagnosis, which folders of files do not tell. Give a manifest "
            "CSV with the columns region and diagnosis, in the form of the data pack's volumes.csv, or shards of one; or --acdc, --picai."
        )
    engine = Engine.load(weights)
    found = [evaluated(engine, data, name) for name in heads or NAMES]
    if plots is not None:
        write_plots(plots, found)
    told = _json(engine, found)
    if output is not None:
        Path(output).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if table is not None:
        page = MarkdownPage()
        print_table(page, found, engine.card.model_id)
        page.write(table)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print_table(wide_console(), found, engine.card.model_id)
    return 0 if any(one.figures for one in found) else 1


def _has_cases(data: Data, name: str) -> bool:
    if name == dementia.NAME:
        return (data.root / oasis.TABLE).is_file()
    try:
        return bool(RECIPES[name].examples(data))
    except InputError:
        return False


def evaluated(engine: Engine, data: Data, name: str) -> Evaluated:
    """One head, fitted again from what is measured (or already measured and kept)."""
    try:
        head = built(engine, data, name)
    except InputError as error:
        return Evaluated(name, problem=str(error))
    return Evaluated(
        name,
        head.card.figures,
        head.card.trained_on["sentence"],
        _zero_shot(engine, data, head),
        pointing(engine, data, head),
    )


def pointing(engine: Engine, data: Data, head: Head) -> dict[str, dict]:
    """What points → how it does on development cases with the disease: the head, and the sentence that is true of them, whose map hides
    each place from the embedding in turn."""
    recipe = RECIPES.get(head.card.name)
    if recipe is None or not head.card.positive:
        return {}
    asked = {"head": lambda study: classify(study, head)}
    if recipe.sentences and engine.reads_text:
        asked["zero-shot"] = lambda study: zero_shot(engine, study.encodings[0], *recipe.sentences)
    ill = [one for one in development_examples(recipe, data) if one.label == head.card.positive]
    found = {name: pointing_game(engine, ill, ask) for name, ask in asked.items()}
    return {name: asdict(one) for name, one in found.items() if one is not None}


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
            "pointing": one.pointing,
            "trained_on": one.trained_on,
            "problem": one.problem,
        }
        for one in found
    ]
    return {"model": engine.card.model_id, "heads": heads, "aims": aims(found)}
