"""mrifoundation-train RECIPE.yaml [key=value …] [--resume DIR]: run a recipe from start or from where it stopped."""

import argparse
import copy
import math
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.model import Card, FoundationModel, NetworkConfig, load_model, save_model
from mrifoundation.model.text_tower import TextTower
from mrifoundation.volume.adapt import MAX_SPACING, MIN_SPACING, STRIDE
from mrifoundation_training.data.examples import Example, Examples
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.pairs import Pair, WithPairs
from mrifoundation_training.recipe import Recipe, read_recipe
from mrifoundation_training.reports.sentences import stock
from mrifoundation_training.run_log import RunLog
from mrifoundation_training.run_state import TENSORS, load_state, save_state
from mrifoundation_training.stages.collapse import Collapsed
from mrifoundation_training.stages.dense_text import dense_text_loss
from mrifoundation_training.stages.image_report import Stock, image_report_loss
from mrifoundation_training.stages.student_teacher import StudentTeacher
from mrifoundation_training.stages.student_teacher_setup import set_up

# How far the fluid reaches into the folds of the brain is a matter of each source's habit, so it takes nothing from the cortex.
YIELDING = ("cerebrospinal fluid",)
# Ends the seed of what the student–teacher stage draws in a step, so that it is no example's.
OF_PAIRS = (0, 1)
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
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def train(recipe: Recipe, folder: Path, resume: bool = False) -> None:
    """Run `recipe` in `folder`; weights for use (the running average) are written to folder/weights at every save."""
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    device = torch.device(
        "cuda" if recipe.device == "auto" and torch.cuda.is_available() else recipe.device.replace("auto", "cpu")
    )
    cases = usable_cases(recipe)
    sources = {case.id: case.source for case in cases}
    drawn_on = "cpu" if recipe.workers else str(device)
    examples = Examples(
        cases, recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed, drawn_on
    )
    torch.manual_seed(recipe.seed)
    model = new_model(recipe, cases).to(device, memory_format=torch.channels_last_3d)
    average = copy.deepcopy(model)
    sentences = sentence_stock(cases, recipe, device)
    stage, pairs = set_up(recipe, cases, model, drawn_on)
    drawn = WithPairs(examples, pairs, recipe.cases_per_step, recipe.student_teacher.every)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, recipe, stage), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    first = load_state(folder, model, average, optimizer, stage) if resume else 0
    if not resume and (folder / TENSORS).exists():
        raise InputError(f"{folder} already holds a run; go on with --resume {folder}, or choose another output=….")
    log, started = RunLog(folder), time.monotonic()
    draws = range(first * recipe.cases_per_step, recipe.steps * recipe.cases_per_step)
    loader = iter(
        DataLoader(
            drawn,
            batch_size=None,
            sampler=draws,
            num_workers=recipe.workers,
            prefetch_factor=4 if recipe.workers else None,
        )
    )
    shown = [*cases, *(pairs.unlabelled if pairs else ())]
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
            rng = np.random.default_rng((recipe.seed, step, part))
            loss, figures = example_loss(model, example, recipe, sentences, rng)
            (loss / recipe.cases_per_step).backward()
            log.add(figures | {"loss": loss.item(), **_by_source(figures, sources[example.case_id])})
        if pair:
            log.add(_student_teacher_step(stage, model, average, pair, recipe, step, folder))
        norm = torch.nn.utils.clip_grad_norm_(trained, recipe.clip)
        if torch.isfinite(norm):
            optimizer.step()
            decay = min(recipe.average, (1 + step) / (10 + step))
            _follow(average, model, decay)
            if stage:
                stage.follow(decay)
        log.add({"gradient_norm": norm.item()})
        if (step + 1) % recipe.log_every == 0:
            rate = (step + 1 - first) / (time.monotonic() - started)
            means = log.write(
                step + 1,
                steps_per_second=rate,
                learning_rate=optimizer.param_groups[0]["lr"],
                skipped=len(drawn.skipped),
            )
            print(f"step {step + 1}/{recipe.steps}  " + "  ".join(f"{k} {v:.3f}" for k, v in means.items()), flush=True)
        # What looks collapsed must not take the place of what did not.
        if ((step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps) and (not stage or stage.watch.healthy):
            save_state(folder, step + 1, model, average, optimizer, *([stage] if stage else ()))
            save_model(
                folder / "weights",
                average,
                card_of(recipe, average, shown, step + 1, time.monotonic() - started, device),
            )
    if stage and not stage.watch.healthy:
        raise Collapsed(
            f"The student–teacher stage looked collapsed at the end, so the last steps were not saved. {_kept(folder)}"
        )


def example_loss(
    model: FoundationModel, example: Example, recipe: Recipe, stock: Stock | None, rng: np.random.Generator
) -> tuple[torch.Tensor, dict[str, float]]:
    """One forward pass, and the losses of every stage that the recipe joins."""
    device = model.device
    with torch.autocast(device.type, torch.bfloat16):
        features = model.encode(
            example.image.to(device)[None, None],
            example.valid.to(device)[None, None],
            example.spacing.to(device)[None],
        )
    loss, figures = dense_text_loss(model, features, example, recipe.dense, rng)
    if stock is not None:
        more, told = image_report_loss(model, features, example, stock, recipe.reports, rng)
        loss, figures = loss + recipe.reports.weight * more, figures | told
    return loss, figures


def _student_teacher_step(
    stage: StudentTeacher,
    model: FoundationModel,
    average: FoundationModel,
    pair: Pair,
    recipe: Recipe,
    step: int,
    folder: Path,
) -> dict[str, float]:
    """Add the gradients of one pair; figures worth logging. Raises Collapsed with what to do."""
    rng = np.random.default_rng((recipe.seed, step, *OF_PAIRS))
    try:
        loss, figures = stage.loss(model, average, pair, step, rng)
    except Collapsed as collapse:
        raise Collapsed(f"{collapse} It was seen at step {step}. {_kept(folder)}") from collapse
    (recipe.student_teacher.weight * loss).backward()
    return figures


def _kept(folder: Path) -> str:
    """What a person can do after a collapse."""
    remedy = "with a smaller learning_rate or student_teacher.weight"
    if (folder / TENSORS).exists():
        return f"What {folder} holds is from before; go on from it with --resume {folder}, {remedy}."
    return f"Nothing had been saved yet; start again {remedy}."


def sentence_stock(cases: list[Case], recipe: Recipe, device: torch.device) -> Stock | None:
    """The sentences of the image–report stage with their embeddings; None where the recipe leaves it out."""
    if not recipe.reports.weight:
        return None
    if not recipe.network.get("embed_dim"):
        raise InputError(
            "Reports need a space that scans and words share; set network.embed_dim=256, or reports.weight=0."
        )
    sentences = stock(cases, Vocabulary.load(), recipe.reports.sentences, recipe.seed)
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


def new_model(recipe: Recipe, cases: list[Case]) -> FoundationModel:
    """A fresh network for every name of the vocabulary, or the one in `recipe.init`."""
    names = Vocabulary.load().names
    yielding = tuple(index for index, name in enumerate(names) if name in YIELDING)
    config = NetworkConfig(names=names, families=families_of(cases, names), yielding=yielding, **recipe.network)
    model = FoundationModel(config)
    if not recipe.init:
        model.name_text.copy_(torch.from_numpy(TextTower.load().embed(list(names))))
        return model
    start = load_model(recipe.init)[0]
    told = {field: getattr(start.config, field) for field in ("embed_dim", "families", "yielding")}
    if start.config == replace(config, **told):
        # Weights that never saw words go on with a fresh report head.
        model.load_state_dict(start.state_dict(), strict=start.reads_text == model.reads_text)
        return model
    raise InputError(
        f"The network in {recipe.init} is not the one that the recipe describes; leave init or network out."
    )


def parameter_groups(model: FoundationModel, recipe: Recipe, stage: StudentTeacher | None = None) -> list[dict]:
    """The weights that each name owns learn faster: an optimiser step moves them by the same amount as any other number, but they are
    an order of magnitude larger and are asked for in some examples only."""
    own = [model.head.own_weights.weight]
    rest = [p for p in model.parameters() if p is not own[0]]
    groups = [{"params": rest, "pace": 1.0}, {"params": own, "pace": recipe.own_pace}]
    return groups + ([{"params": stage.trained(), "pace": 1.0}] if stage else [])


def families_of(cases: list[Case], names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Rows of the names that one label table tells apart; each table once, those of most cases first."""
    row = {name: index for index, name in enumerate(names)}
    tables = Counter(tuple(sorted({row[name] for name in case.table.values() if name in row})) for case in cases)
    return tuple(table for table, _ in sorted(tables.items(), key=lambda item: (-item[1], item[0])) if len(table) > 1)


def schedule(step: int, recipe: Recipe) -> float:
    """Share of the learning rate at a step: linear warm-up, then level, then over the last `tail` of the steps a cosine to zero."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    first = max(recipe.warmup, recipe.steps * (1 - recipe.tail))
    return 0.5 * (1 + math.cos(math.pi * max(0.0, (step - first) / max(1.0, recipe.steps - first))))


@torch.no_grad()
def _follow(average: FoundationModel, model: FoundationModel, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def card_of(recipe: Recipe, model: FoundationModel, cases: list[Case], steps: int, seconds: float, device) -> Card:
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
            "hardware": _hardware(device),
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


def _hardware(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"


def _commit() -> str:
    try:
        return subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
