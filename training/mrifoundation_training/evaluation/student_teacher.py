"""Does the student–teacher stage help? The same recipe with and without it, at the same cost, with several seeds.

python -m mrifoundation_training.evaluation.student_teacher RECIPE.yaml [key=value …] [--seeds 0 1 2] [--output DIR] [--source NAME …]

A stopped comparison goes on where it was when it is called again.
"""

import argparse
import json
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.table import Table
from safetensors import safe_open
from torch.nn import functional as F

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation.volume.adapt import STRIDE
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.paired import difference
from mrifoundation_training.evaluation.score_file import ScoreFile
from mrifoundation_training.evaluation.segmentation import chosen_cases, score_cases
from mrifoundation_training.evaluation.summary import summarise
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.run_state import TENSORS
from mrifoundation_training.stages.student_teacher_setup import set_up
from mrifoundation_training.train import train
from mrifoundation_training.usable import recipe_cases, usable_cases

WITH, WITHOUT = "with", "without"
# Of one voxel through the network: the answer alone, and with its gradients (which cost about twice the answer).
FORWARD, BOTH_WAYS = 1, 3
EXAMPLES_TO_COUNT = 24


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit code 0 when the comparison is complete, 1 when what was given is wrong or a run collapsed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("runs/student-teacher"))
    parser.add_argument("--source", action="append", help="only development scans of this source; may be repeated")
    parser.add_argument("--profile", default="standard")
    options = parser.parse_intermixed_args(arguments)
    try:
        recipe = read_recipe(options.recipe, options.overrides)
        found = compare(recipe, options.seeds, options.output, options.source, options.profile)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    (options.output / "comparison.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print_table(found)
    return 0


def compare(
    recipe: Recipe, seeds: list[int], folder: Path, sources: Collection[str] | None = None, profile: str = "standard"
) -> dict:
    """Train and score all runs under `folder`; {"steps": {arm: n}, "dice": {source: {arm: [a seed]}}, "difference": {source: {…}}}.

    Dice: mean over the labelled structures of each development scan, then over subjects. Raises InputError when the recipe leaves the
    stage out or the manifest has no labelled development scans."""
    if not recipe.student_teacher.weight:
        raise InputError("The recipe leaves the student–teacher stage out; set student_teacher.weight, such as 0.1.")
    steps = steps_at_equal_cost(recipe)
    cases = [case for case in chosen_cases(recipe_cases(recipe), "dev", sources) if case.labels]
    dice: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        for arm in (WITH, WITHOUT):
            weight = recipe.student_teacher.weight if arm == WITH else 0.0
            stage = replace(recipe.student_teacher, weight=weight)
            run = folder / f"{arm}-{seed}"
            _trained(replace(recipe, seed=seed, steps=steps[arm], student_teacher=stage), run)
            for source, value in _scored(run, cases, profile).items():
                dice.setdefault(source, {WITH: [], WITHOUT: []})[arm].append(value)
    differences = {source: difference(values[WITH], values[WITHOUT]) for source, values in dice.items()}
    return {"seeds": seeds, "steps": steps, "profile": profile, "dice": dice, "difference": differences}


def steps_at_equal_cost(recipe: Recipe) -> dict[str, int]:
    """Steps of both arms that send as many voxels through the network, with gradients counted as BOTH_WAYS."""
    cases = usable_cases(recipe)
    plain = Examples(cases, recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed)
    model = FoundationModel(NetworkConfig(names=("liver",), **recipe.network))
    stage, pairs = set_up(recipe, cases, model, "cpu")
    rng = np.random.default_rng(recipe.seed)
    without = recipe.cases_per_step * BOTH_WAYS * np.mean([plain[n].image.numel() for n in range(EXAMPLES_TO_COUNT)])
    paired = []
    for n in range(EXAMPLES_TO_COUNT):
        one, other, _, small = stage.draw_crops(F.avg_pool3d(pairs[n].valids[:, None], STRIDE)[:, 0], rng)
        seen = sum(np.prod(crop.count) for crop in (other, *small))
        paired.append((FORWARD * np.prod(one.count) + BOTH_WAYS * seen) * STRIDE**3)
    ratio = 1 + np.mean(paired) / recipe.student_teacher.every / without
    return {WITH: recipe.steps, WITHOUT: round(recipe.steps * float(ratio))}


def print_table(found: dict) -> None:
    """Dice of both arms and what may be said of their difference."""
    steps = found["steps"]
    title = f"Student–teacher stage: {steps[WITH]} steps with it cost as much as {steps[WITHOUT]} without; seeds {found['seeds']}"
    table = Table("development scans", "Dice with", "Dice without", "difference", "95 % interval", "shown", title=title)
    for source, dice in found["dice"].items():
        apart = found["difference"][source]
        values = [f"{np.mean(dice[arm]):.3f} ({', '.join(f'{v:.3f}' for v in dice[arm])})" for arm in (WITH, WITHOUT)]
        interval = f"{apart['low']:+.3f} – {apart['high']:+.3f}"
        verdict = ("better" if apart["mean"] > 0 else "worse") if apart["shown"] else "no"
        table.add_row(source, *values, f"{apart['mean']:+.3f}", interval, verdict)
    wide_console().print(table)


def _trained(recipe: Recipe, run: Path) -> None:
    """Start, go on with or leave alone."""
    state = run / TENSORS
    if not state.exists():
        return train(recipe, run)
    with safe_open(state, framework="pt") as file:
        done = int(file.metadata()["step"])
    if done < recipe.steps:
        train(recipe, run, resume=True)


def _scored(run: Path, cases: list, profile: str) -> dict[str, float]:
    engine = Engine.load(run / "weights")
    file = ScoreFile(run / "scores.csv", engine.card.model_id, profile)
    skipped = score_cases(engine, cases, profile, file)
    for case, reason in skipped.items():
        print(f"{case} was left out: {reason}", file=sys.stderr)
    return {source: value.mean for source, value in summarise(file.scores([case.id for case in cases])).sources.items()}


if __name__ == "__main__":
    sys.exit(main())
