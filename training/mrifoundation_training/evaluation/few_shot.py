"""`mrifoundation evaluate few-shot`: a structure learned from few labels, beside random weights and training from scratch."""

import json
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation_training.evaluation.few_shot_methods import Answer, from_scratch, taught
from mrifoundation_training.evaluation.few_shot_table import Result, as_json, as_markdown, read_results
from mrifoundation_training.evaluation.few_shot_tasks import Budget, Shot, Task, labelled, tasks_of
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.retrieval_gallery import random_engine

OURS, UNTRAINED, SCRATCH = "query on these weights", "query on random weights", "U-Net from scratch"


def evaluate(
    manifest: Path | str,
    *,
    sources: Collection[str] | None = None,
    structures: Collection[str] | None = None,
    slices: int = 10,
    scans: Collection[int] = (1, 5, 10),
    seeds: int = 5,
    scratch_steps: int = 300,
    most_tests: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    table: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Dice in test scans after learning from 10 annotated slices (MRI-CORE's protocol) and from 1, 5 and 10 scans, drawn anew for every
    seed, the same for every method.

    slices, scans: 0 leaves them out. scratch_steps: of the network from scratch, 0 leaves it out. most_tests: at most so many test scans
    of each structure. output: JSON, written after every repetition, and gone on with where it was stopped. table: the same as Markdown.
    Gives 0, or 1 when nothing could be measured. Raises InputError for a manifest, source or weights that cannot be used.
    """
    cases = cases_to_measure(manifest)
    if unknown := sorted(set(sources or ()) - {case.source for case in cases}):
        raise InputError(f"The manifest has no source {', '.join(unknown)}; choose among those it has.")
    engine, recipe = Engine.load(weights), ScratchRecipe(scratch_steps)
    budgets = [Budget(slices, "slices")] * (slices > 0) + [Budget(count, "scans") for count in sorted(set(scans) - {0})]
    about = {
        "model": engine.card.model_id,
        "profile": profile,
        "scratch": recipe.sentence if scratch_steps else "",
        "most_tests": most_tests,
    }
    results, left_out, console = read_results(output, about), {}, Console(file=sys.stderr)
    untrained = random_engine(engine)
    for task in tasks_of(cases, profile, sources, structures, most_tests):
        for budget in budgets:
            for seed in range(seeds):
                done = {one.method for one in results if one.is_of(task, budget, seed)}
                try:
                    shots = task.draw(budget, seed)
                    for method, answer in _methods(engine, untrained, shots, profile, recipe, seed, done):
                        results.append(_scored(engine, task, budget, seed, method, answer))
                except InputError as error:
                    left_out[f"{task.source}, {task.structure}, {budget}"] = str(error)
                    break
                console.print(f"{task.source}, {task.structure}, {budget}: repetition {seed + 1} of {seeds}.")
                _write(output, as_json(results, about, left_out))
    found = as_json(results, about, left_out)
    _write(output, found)
    text = as_markdown(found)
    if table is not None:
        Path(table).write_text(text, encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False) if as_json_object else text)
    return 0 if results else 1


def _methods(
    engine: Engine,
    untrained: Engine,
    shots: list[Shot],
    profile: str,
    recipe: ScratchRecipe,
    seed: int,
    done: Collection[str],
) -> Iterator[tuple[str, Answer]]:
    if OURS not in done:
        yield OURS, taught(engine, shots, profile)
    if UNTRAINED not in done:
        yield UNTRAINED, taught(untrained, shots, profile)
    if recipe.steps and SCRATCH not in done:
        yield SCRATCH, from_scratch(engine, shots, profile, recipe, seed)


def _scored(engine: Engine, task: Task, budget: Budget, seed: int, method: str, answer: Answer) -> Result:
    started, scores = time.perf_counter(), {}
    for case in task.tests:
        scan, truth = labelled(case, task.structure)
        scores[case.id] = dice(answer(scan), truth)
    learned = _learned(engine, task)
    seconds = time.perf_counter() - started
    return Result(
        task.source,
        task.structure,
        learned,
        str(budget),
        seed,
        method,
        float(np.mean([*scores.values()])),
        scores,
        seconds,
    )


def _learned(engine: Engine, task: Task) -> str:
    """What the weights saw of the task in their own training, since that decides what few labels have left to add."""
    sources = {one.get("source") for one in engine.card.training_data}
    if task.structure not in engine.card.config.names:
        return "no"
    return "yes, from this source" if task.source in sources else "yes, from other sources"


def _write(output: Path | None, found: dict) -> None:
    if output is not None:
        Path(output).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
