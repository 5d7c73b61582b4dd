"""mrifoundation-train RECIPE.yaml [key=value …] [--resume DIR]: run a recipe from start or from where it stopped.

On several GPUs: torchrun --nproc-per-node 8 -m mrifoundation_training.train RECIPE.yaml …"""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

import torch

from mrifoundation.errors import MRIFoundationError
from mrifoundation_training.optimizer import check_optimizer
from mrifoundation_training.parallel.spreading import check
from mrifoundation_training.parallel.world import World, joined, leave
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.run import Run, after_collapse, holds_run
from mrifoundation_training.run_log import RunLog
from mrifoundation_training.stages.collapse import Collapsed
from mrifoundation_training.throughput import together


def command() -> NoReturn:
    """Entry point of `mrifoundation-train`, also of each process that torchrun starts."""
    leave(main())


def main(arguments: list[str] | None = None) -> int:
    """What `mrifoundation-train` does; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation-train", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument(
        "--resume", type=Path, help="folder of the run to go on with; its own (output/name) may hold none yet"
    )
    options = parser.parse_args(arguments)
    try:
        recipe = read_recipe(options.recipe, options.overrides)
        usual = Path(recipe.output) / recipe.name
        folder = options.resume or usual
        # In the recipe's own folder there may be nothing yet: a command that is started again by itself must do for the first time too.
        begins = folder.absolute() == usual.absolute() and not holds_run(folder)
        train(recipe, folder, resume=options.resume is not None and not begins)
    except MRIFoundationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def train(recipe: Recipe, folder: Path, resume: bool = False) -> None:
    """Run `recipe` in `folder`; weights for use (the running average) are written to folder/weights at every save.

    Under torchrun all processes share the run: each draws its own examples, from (seed, step, rank) alone."""
    check(recipe.parallel)
    check_optimizer(recipe)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    with joined(recipe.device) as world:
        _train(recipe, folder, resume, world)


def _train(recipe: Recipe, folder: Path, resume: bool, world: World) -> None:
    run = Run(recipe, folder, world, resume)
    log, named = RunLog(folder, writes=world.first), set()
    for step in range(run.first, recipe.steps):
        for figures in run.step(step):
            log.add(figures)
        if (step + 1) % recipe.log_every == 0:
            _tell(step + 1, recipe, run, log, world, named)
        # What looks collapsed must not take the place of what did not.
        if ((step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps) and run.healthy():
            run.save(step + 1)
    if not run.healthy():
        raise Collapsed(
            f"The student–teacher stage looked collapsed at the end, so the last steps were not saved. {after_collapse(folder)}"
        )


def _tell(step: int, recipe: Recipe, run: Run, log: RunLog, world: World, named: set[str]) -> None:
    """Write the means of the figures of all processes since the last time, and print them, with what was skipped and is not among the
    `named` yet."""
    rate = (step - run.first) / run.seconds()
    skipped = _pooled(log, world, run.skipped)
    told = together(world.gather(run.pace.read()))
    if world.first:
        for case in skipped.keys() - named:
            print(f"Left out: {case}. {skipped[case]}", file=sys.stderr, flush=True)
        named.update(skipped)
        means = log.write(step, steps_per_second=rate, learning_rate=run.learning_rate, skipped=len(skipped), **told)
        print(f"step {step}/{recipe.steps}  " + "  ".join(f"{k} {v:.3f}" for k, v in means.items()), flush=True)


def _pooled(log: RunLog, world: World, skipped: dict[str, str]) -> dict[str, str]:
    """Bring the figures of all processes into the log of the first; the cases that any of them skipped, with the reason."""
    everyone = world.gather((log.collect(), skipped))
    for figures, _ in everyone if world.first else ():
        log.take(figures)
    return {case: reason for _, cases in everyone for case, reason in cases.items()}


if __name__ == "__main__":
    command()
