"""mrifoundation-train RECIPE.yaml [key=value …] [--resume DIR]: run a recipe from start or from where it stopped.

On several GPUs: torchrun --nproc-per-node 8 -m mrifoundation_training.train RECIPE.yaml …"""

import argparse
import copy
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError, MRIFoundationError
from mrifoundation.model import Card, FoundationModel, save_model
from mrifoundation.model.text_tower import TextTower
from mrifoundation.volume.adapt import MAX_SPACING, MIN_SPACING, STRIDE
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.pairs import WithPairs
from mrifoundation_training.data.report_pairs import ReportedExamples, ReportedScan, read_report_pairs
from mrifoundation_training.data.volume_memory import VolumeMemory
from mrifoundation_training.learner import Learner
from mrifoundation_training.new_model import new_model
from mrifoundation_training.optimizer import check_optimizer, new_optimizer
from mrifoundation_training.parallel.checkpoint import complete, load_shards, save_shards
from mrifoundation_training.parallel.spreading import (
    FSDP,
    accumulating,
    check,
    clip,
    gathered,
    recompute,
    replicate,
    shaped_for_shards,
    shard,
    whole,
)
from mrifoundation_training.parallel.world import World, joined
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.reports.own_reports import own_sentences, rows_of
from mrifoundation_training.reports.sentences import Sentence, stock
from mrifoundation_training.run_log import RunLog
from mrifoundation_training.run_state import TENSORS, load_state, save_state
from mrifoundation_training.stages.collapse import Collapsed
from mrifoundation_training.stages.image_report import Stock
from mrifoundation_training.stages.student_teacher import StudentTeacher
from mrifoundation_training.stages.student_teacher_setup import set_up
from mrifoundation_training.throughput import Throughput, together

# Ends the seed of what the student–teacher stage draws in a step, so that it is no example's.
OF_PAIRS = 1
RESEARCH_LICENCE = "CC-BY-NC-SA-4.0"


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `mrifoundation-train`; exit codes as of `mrifoundation`."""
    parser = argparse.ArgumentParser(prog="mrifoundation-train", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--resume", type=Path, help="folder of the run to go on with")
    options = parser.parse_args(arguments)
    try:
        recipe = read_recipe(options.recipe, options.overrides)
        train(recipe, options.resume or Path(recipe.output) / recipe.name, resume=options.resume is not None)
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
    device, sharded = world.device, world.size > 1 and recipe.parallel == FSDP
    cases = usable_cases(recipe)
    sources = {case.id: case.source for case in cases}
    drawn_on = "cpu" if recipe.workers else str(device)
    examples = Examples(
        cases, recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed, drawn_on
    )
    reported = usable_reports(recipe)
    if reported:
        examples = ReportedExamples(
            [], recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed, drawn_on,
            reported=tuple(reported), usual=examples, share=recipe.report_share,
        )  # fmt: skip
        sources |= {one.case.id: one.case.source for one in reported}
    torch.manual_seed(recipe.seed)
    model = new_model(recipe, cases).to(device)
    if sharded:
        shaped_for_shards(model)
    else:
        model.to(memory_format=torch.channels_last_3d)
    average = copy.deepcopy(model)
    if recipe.recompute:
        recompute(model)
    own = own_sentences(reported)
    sentences = sentence_stock(cases, recipe, device, list(chain(*own.values())))
    stage, pairs = set_up(recipe, cases, model, drawn_on)
    memory = VolumeMemory(int(recipe.memory_gb * 1e9)) if recipe.memory_gb else None
    drawn = WithPairs(examples, pairs, recipe.cases_per_step, recipe.student_teacher.every, world.size, memory)
    own_rows = rows_of(own, len(sentences.sentences) - sum(map(len, own.values()))) if own else None
    learner = Learner(model, stage, recipe, sentences, own_rows, uniform=sharded)
    if sharded:
        shard(learner, average, world)
    optimizer = new_optimizer(model, recipe, stage)
    if not resume and ((folder / TENSORS).exists() or complete(folder)):
        raise InputError(f"{folder} already holds a run; go on with --resume {folder}, or choose another output=….")
    first = _restored(folder, world, learner, average, optimizer) if resume else 0
    spread = replicate(learner) if world.size > 1 and not sharded else learner
    log, pace, started = RunLog(folder, writes=world.first), Throughput(device), time.monotonic()
    loader = iter(
        DataLoader(
            drawn,
            batch_size=None,
            sampler=own_draws(range(first, recipe.steps), recipe.cases_per_step, world),
            num_workers=recipe.workers,
            prefetch_factor=4 if recipe.workers else None,
        )
    )
    shown = [*cases, *(one.case for one in reported), *(pairs.unlabelled if pairs else ())]
    trained = [*model.parameters(), *(stage.trained() if stage else ())]
    model.train()
    for step in range(first, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * group["pace"] * schedule(step, recipe)
        optimizer.zero_grad(set_to_none=True)
        pair = None
        for part in range(recipe.cases_per_step):
            example, found = next(loader)
            pair = found or pair
            rng = np.random.default_rng((recipe.seed, step, world.rank * recipe.cases_per_step + part))
            with accumulating(spread, last=part + 1 == recipe.cases_per_step and not pair):
                loss, figures = spread(example, rng)
                (loss / recipe.cases_per_step).backward()
            log.add(figures | {"loss": loss.item(), **_by_source(figures, sources[example.case_id])})
            pace.see(example)
        if pair:
            rng = np.random.default_rng((recipe.seed, step, world.rank, OF_PAIRS))
            with accumulating(spread, last=True), gathered(average), _collapse_told(step, folder):
                loss, figures = spread(pair, rng, step, average)
                loss.backward()
            log.add(figures)
        norm = clip(trained, recipe.clip)
        if torch.isfinite(norm):
            optimizer.step()
            decay = min(recipe.average, (1 + step) / (10 + step))
            _follow(average, model, decay)
            if stage:
                stage.follow(decay)
        log.add({"gradient_norm": norm.item()})
        if (step + 1) % recipe.log_every == 0:
            rate = (step + 1 - first) / (time.monotonic() - started)
            skipped = _pooled(log, world, drawn.skipped)
            told = together(world.gather(pace.read()))
            if world.first:
                means = log.write(
                    step + 1,
                    steps_per_second=rate,
                    learning_rate=optimizer.param_groups[0]["lr"],
                    skipped=skipped,
                    **told,
                )
                print(
                    f"step {step + 1}/{recipe.steps}  " + "  ".join(f"{k} {v:.3f}" for k, v in means.items()),
                    flush=True,
                )
        # What looks collapsed must not take the place of what did not.
        if ((step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps) and _healthy(stage, world):
            _save(folder, step + 1, world, learner, average, optimizer)
            kept = whole(average)
            if world.first:
                seconds = time.monotonic() - started
                save_model(folder / "weights", kept, card_of(recipe, kept, shown, step + 1, seconds, world))
    if stage and not _healthy(stage, world):
        raise Collapsed(
            f"The student–teacher stage looked collapsed at the end, so the last steps were not saved. {_kept(folder)}"
        )


def own_draws(steps: range, cases_per_step: int, world: World) -> list[int]:
    """Numbers of the draws that are this process's own: of every step all processes' lie side by side, by rank."""
    first = ((step * world.size + world.rank) * cases_per_step for step in steps)
    return [one + part for one in first for part in range(cases_per_step)]


def _restored(folder: Path, world: World, learner: Learner, average: FoundationModel, optimizer) -> int:
    """Step to go on with; a run on one process keeps its state in one file, one on several in a folder a save."""
    if world.size > 1:
        return load_shards(folder, world, learner, average, optimizer)
    return load_state(folder, learner.model, average, optimizer, learner.stage)


def _save(folder: Path, step: int, world: World, learner: Learner, average: FoundationModel, optimizer) -> None:
    if world.size > 1:
        save_shards(folder, step, world, learner, average, optimizer)
    else:
        save_state(folder, step, learner.model, average, optimizer, *([learner.stage] if learner.stage else ()))


def _healthy(stage: StudentTeacher | None, world: World) -> bool:
    """Whether no process sees a collapse."""
    return all(world.gather(not stage or stage.watch.healthy))


def _pooled(log: RunLog, world: World, skipped: dict[str, str]) -> int:
    """Bring the figures of all processes into the log of the first; how many cases any of them skipped."""
    everyone = world.gather((log.collect(), skipped))
    for figures, _ in everyone if world.first else ():
        log.take(figures)
    return len({case for _, cases in everyone for case in cases})


@contextmanager
def _collapse_told(step: int, folder: Path) -> Iterator[None]:
    """Add to a collapse when it was seen and what can be done."""
    try:
        yield
    except Collapsed as collapse:
        raise Collapsed(f"{collapse} It was seen at step {step}. {_kept(folder)}") from collapse


def _kept(folder: Path) -> str:
    """What a person can do after a collapse."""
    remedy = "with a smaller learning_rate or student_teacher.weight"
    if (folder / TENSORS).exists():
        return f"What {folder} holds is from before; go on from it with --resume {folder}, {remedy}."
    return f"Nothing had been saved yet; start again {remedy}."


def sentence_stock(cases: list[Case], recipe: Recipe, device: torch.device, own: list[Sentence] = ()) -> Stock | None:
    """The sentences of the image–report stage with their embeddings, `own` ones last; None where the recipe leaves it out."""
    if not recipe.reports.weight:
        return None
    if not recipe.network.get("embed_dim"):
        raise InputError(
            "Reports need a space that scans and words share; set network.embed_dim=256, or reports.weight=0."
        )
    sentences = stock(cases, Vocabulary.load(), recipe.reports.sentences, recipe.seed) + list(own)
    embeddings = TextTower.load().embed([sentence.text for sentence in sentences])
    return Stock(sentences, torch.from_numpy(embeddings).to(device))


def _by_source(figures: dict[str, float], source: str) -> dict[str, float]:
    return {f"dice/{source}": figures["dice"]} if "dice" in figures else {}


def usable_cases(recipe: Recipe) -> list[Case]:
    """Labelled training rows of the recipe's sources and tiers; `dev` and `eval-only` rows never train, whatever the recipe says."""
    tiers = set(recipe.tiers) - {"eval-only"}
    cases = [
        c
        for c in read_cases(recipe.manifest, recipe.region)
        if c.split == "train" and c.tier in tiers and c.labels and c.source in recipe.sources
    ]
    if not cases:
        raise InputError(
            f"{recipe.manifest} has no labelled training rows of the recipe's sources and tiers; check both."
        )
    return cases


def usable_reports(recipe: Recipe) -> list[ReportedScan]:
    """Training rows of the recipe's pairs and tiers; none where it has no pairs. Raises InputError when there are pairs but none to use."""
    if not recipe.report_pairs:
        return []
    if not recipe.reports.weight:
        raise InputError(
            "Pairs of scans and reports train the image–report stage; give it a weight, such as reports.weight=0.1."
        )
    tiers = set(recipe.tiers) - {"eval-only"}
    found = [
        one for one in read_report_pairs(recipe.report_pairs) if one.case.split == "train" and one.case.tier in tiers
    ]
    if not found:
        raise InputError(
            f"{recipe.report_pairs} has no training rows of the recipe's tiers; rows without a tier are research: set "
            "tiers=[open,research]."
        )
    return found


def schedule(step: int, recipe: Recipe) -> float:
    """Share of the learning rate at a step: linear warm-up, then level, then over the last `tail` of the steps a cosine to zero."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    first = max(recipe.warmup, recipe.steps * (1 - recipe.tail))
    return 0.5 * (1 + math.cos(math.pi * max(0.0, (step - first) / max(1.0, recipe.steps - first))))


@torch.no_grad()
def _follow(average: FoundationModel, model: FoundationModel, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def card_of(
    recipe: Recipe, model: FoundationModel, cases: list[Case], steps: int, seconds: float, world: World
) -> Card:
    """What these weights were trained on and how, without scores; those come from `mrifoundation evaluate`."""
    groups: dict[tuple, set] = {}
    for case in cases:
        groups.setdefault((case.source, case.tier, case.licence), set()).add(case.subject)
    data = [
        {"source": s, "tier": t, "licence": licence, "subjects": len(ids)}
        for (s, t, licence), ids in sorted(groups.items())
    ]
    open_only = all(case.tier == "open" for case in cases)
    return Card(
        name=recipe.name,
        version="0.1.0",
        licence="CC-BY-SA-4.0" if open_only else RESEARCH_LICENCE,
        config=model.config,
        training_data=data,
        training={
            "steps": steps,
            "cases_per_step": recipe.cases_per_step,
            "minutes_this_run": round(seconds / 60, 1),
            "hardware": _hardware(world),
            "commit": _commit(),
            "budget_voxels": list(recipe.geometry.budget),
        }
        | ({"student_teacher": asdict(recipe.student_teacher)} if recipe.student_teacher.weight else {}),
        preprocessing={"stride": STRIDE, "spacing_mm": [MIN_SPACING, MAX_SPACING]},
        limits=[
            "Most brain, head, spine, knee and prostate anatomy was learned from label maps turned into simulated images.",
            "Few real scans per region were seen; expect failures on sequences and pathologies that were not.",
        ],
    )


def _hardware(world: World) -> str:
    on_gpu = world.device.type == "cuda"
    one = torch.cuda.get_device_name(world.device) if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    return one if world.size == 1 else f"{world.size} × {one}"


def _commit() -> str:
    try:
        return subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
