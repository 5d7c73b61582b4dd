"""One run of a recipe: what is drawn, what is trained by a step, and how it is kept."""

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, save_model
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.pairs import Pair, WithPairs
from mrifoundation_training.data.report_pairs import ReportedExamples
from mrifoundation_training.data.volume_memory import VolumeMemory
from mrifoundation_training.learner import Learner
from mrifoundation_training.new_model import new_model
from mrifoundation_training.optimizer import new_optimizer, schedule
from mrifoundation_training.parallel.checkpoint import complete, load_shards, save_shards
from mrifoundation_training.parallel.spreading import (
    FSDP,
    accumulating,
    clip,
    gathered,
    recompute,
    replicate,
    shaped_for_shards,
    shard,
    whole,
)
from mrifoundation_training.parallel.world import World
from mrifoundation_training.recipe import Recipe, as_yaml
from mrifoundation_training.reports.own_reports import own_sentences, rows_of
from mrifoundation_training.reports.sentences import Sentence, stock
from mrifoundation_training.run_state import TENSORS, load_state, save_state
from mrifoundation_training.running_average import follow
from mrifoundation_training.stages.collapse import Collapsed
from mrifoundation_training.stages.image_report import Stock
from mrifoundation_training.stages.student_teacher_setup import set_up
from mrifoundation_training.throughput import Throughput
from mrifoundation_training.usable import usable_cases, usable_reports
from mrifoundation_training.weights_card import card_of

# Ends the seed of what the student–teacher stage draws in a step, so that it is no example's.
OF_PAIRS = 1
RECIPE = "recipe.yaml"  # in the folder of a run


class Run:
    """The share of one process in a run. Under torchrun each draws its own examples, from (seed, step, rank) alone.

    skipped: cases that could not be read, with the reason. pace: how fast examples go by."""

    def __init__(self, recipe: Recipe, folder: Path, world: World, resume: bool = False):
        """Raises InputError for a recipe that cannot be used, and for a folder that holds a run already, or none to `resume`."""
        self._recipe, self._folder, self._world = recipe, folder, world
        self._sharded = world.size > 1 and recipe.parallel == FSDP
        self._cases, self._reported = usable_cases(recipe), usable_reports(recipe)
        self._sources = {case.id: case.source for case in self._cases}
        torch.manual_seed(recipe.seed)
        if recipe.words.weight or (recipe.reports.weight and (recipe.reports.written or recipe.reports.regions)):
            TextTower.load().to(world.device)  # it reads new words in every step
        self._model = new_model(recipe, self._cases).to(world.device)
        self._average = self._laid_out()
        own = own_sentences(self._reported, recipe.reports.changed, recipe.seed)
        sentences = sentence_stock(self._cases, recipe, world.device, list(chain(*own.values())))
        drawn_on = "cpu" if recipe.workers else str(world.device)
        self._stage, self._pairs = set_up(recipe, self._cases, self._model, drawn_on)
        own_rows = rows_of(own, len(sentences.sentences) - sum(map(len, own.values()))) if own else None
        self._learner = Learner(self._model, self._stage, recipe, sentences, own_rows, uniform=self._sharded)
        if self._sharded:
            shard(self._learner, self._average, world)
        self._optimizer = new_optimizer(self._model, recipe, self._stage)
        if not resume and holds_run(folder):
            raise InputError(f"{folder} already holds a run; go on with --resume {folder}, or choose another output=….")
        self.first = self._restored() if resume else 0
        self._spread = replicate(self._learner) if world.size > 1 and not self._sharded else self._learner
        self._drawn = self._draws(drawn_on)
        self._skipped: dict[str, str] = {}
        self._next = iter(self._loader())
        self._trained = [*self._model.parameters(), *(self._stage.trained() if self._stage else ())]
        self.pace, self._started = Throughput(world.device), time.monotonic()
        self._model.train()

    @property
    def skipped(self) -> dict[str, str]:
        """Cases that could not be read, with the reason."""
        return self._skipped

    @property
    def learning_rate(self) -> float:
        return self._optimizer.param_groups[0]["lr"]

    def seconds(self) -> float:
        """Since the first step."""
        return time.monotonic() - self._started

    def step(self, step: int) -> Iterator[dict[str, float]]:
        """Learn from the examples of a step, and of a pair where it has one; gives the figures of each as they are known."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.learning_rate * group["pace"] * schedule(step, self._recipe)
        self._optimizer.zero_grad(set_to_none=True)
        pair = None
        for part in range(self._recipe.cases_per_step):
            example, found, skipped = next(self._next)
            pair = found or pair
            self._skipped |= skipped
            yield self._learned(step, part, example, last=part + 1 == self._recipe.cases_per_step and not pair)
        if pair:
            yield self._learned_of_pair(step, pair)
        yield {"gradient_norm": self._moved(step)}

    def _learned(self, step: int, part: int, example, last: bool) -> dict[str, float]:
        count = self._recipe.cases_per_step
        rng = np.random.default_rng((self._recipe.seed, step, self._world.rank * count + part))
        with accumulating(self._spread, last=last):
            loss, figures = self._spread(example, rng)
            (loss / count).backward()
        self.pace.see(example)
        return figures | {"loss": loss.item(), **_by_source(figures, self._sources.get(example.case_id))}

    def _learned_of_pair(self, step: int, pair: Pair) -> dict[str, float]:
        rng = np.random.default_rng((self._recipe.seed, step, self._world.rank, OF_PAIRS))
        with (
            accumulating(self._spread, last=True),
            gathered(self._average),
            _collapse_told(step, self._folder),
        ):
            loss, figures = self._spread(pair, rng, step, self._average)
            loss.backward()
        return figures

    def _moved(self, step: int) -> float:
        """Move the weights, unless a gradient is not finite, and let the average follow; gives the norm of the gradients."""
        norm = clip(self._trained, self._recipe.clip)
        if torch.isfinite(norm):
            self._optimizer.step()
            decay = min(self._recipe.average, (1 + step) / (10 + step))
            follow(self._average, self._model, decay)
            if self._stage:
                self._stage.follow(decay)
        return norm.item()

    def healthy(self) -> bool:
        """Whether no process sees a collapse."""
        return all(self._world.gather(not self._stage or self._stage.watch.healthy))

    def save(self, step: int) -> None:
        """Keep all that is needed to go on after `step` steps, and the averaged weights for use."""
        state = (self._folder, step)
        if self._world.size > 1:
            save_shards(*state, self._world, self._learner, self._average, self._optimizer)
        else:
            stage = (self._stage,) if self._stage else ()
            save_state(*state, self._model, self._average, self._optimizer, *stage)
        kept = whole(self._average)
        if self._world.first:
            shown = [*self._cases, *(one.case for one in self._reported)]
            shown += self._pairs.unlabelled if self._pairs else ()
            card = card_of(self._recipe, kept, shown, step, self.seconds(), self._world)
            # With what the command said: `mrifoundation evaluate` must ask the very people that were set aside.
            (self._folder / RECIPE).write_text(as_yaml(self._recipe), encoding="utf-8")
            save_model(self._folder / "weights", kept, card)

    def _restored(self) -> int:
        """Step to go on with; a run on one process keeps its state in one file, one on several in a folder a save."""
        if self._world.size > 1:
            return load_shards(self._folder, self._world, self._learner, self._average, self._optimizer)
        return load_state(self._folder, self._model, self._average, self._optimizer, self._stage)

    def _laid_out(self) -> FoundationModel:
        """Lay the network out in memory for good; gives a copy, the running average to be."""
        if self._sharded:
            shaped_for_shards(self._model)
        else:
            self._model.to(memory_format=torch.channels_last_3d)
        average = copy.deepcopy(self._model)
        if self._recipe.recompute:
            recompute(self._model)
        return average

    def _draws(self, drawn_on: str) -> WithPairs:
        recipe = self._recipe
        how = (recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed, drawn_on)
        examples = Examples(self._cases, *how, strangers=recipe.strangers)
        if self._reported:
            examples = ReportedExamples(
                [], *how, reported=tuple(self._reported), usual=examples, share=recipe.report_share
            )
        memory = VolumeMemory(int(recipe.memory_gb * 1e9)) if recipe.memory_gb else None
        every = recipe.student_teacher.every
        return WithPairs(examples, self._pairs, recipe.cases_per_step, every, self._world.size, memory)

    def _loader(self) -> DataLoader:
        recipe = self._recipe
        return DataLoader(
            self._drawn,
            batch_size=None,
            sampler=own_draws(range(self.first, recipe.steps), recipe.cases_per_step, self._world),
            num_workers=recipe.workers,
            prefetch_factor=4 if recipe.workers else None,
        )


def holds_run(folder: Path) -> bool:
    """Whether there is a save in `folder`, on one process or on several."""
    return (folder / TENSORS).exists() or bool(complete(folder))


def own_draws(steps: range, cases_per_step: int, world: World) -> list[int]:
    """Numbers of the draws that are this process's own: of every step all processes' lie side by side, by rank."""
    first = ((step * world.size + world.rank) * cases_per_step for step in steps)
    return [one + part for one in first for part in range(cases_per_step)]


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


@contextmanager
def _collapse_told(step: int, folder: Path) -> Iterator[None]:
    """Add to a collapse when it was seen and what can be done."""
    try:
        yield
    except Collapsed as collapse:
        raise Collapsed(f"{collapse} It was seen at step {step}. {after_collapse(folder)}") from collapse


def after_collapse(folder: Path) -> str:
    """What a person can do after a collapse."""
    remedy = "with a smaller learning_rate or student_teacher.weight"
    if holds_run(folder):
        return f"What {folder} holds is from before; go on from it with --resume {folder}, {remedy}."
    return f"Nothing had been saved yet; start again {remedy}."


def _by_source(figures: dict[str, float], source: str | None) -> dict[str, float]:
    """The Dice under the name of its source; there is one only where there are labels."""
    return {f"dice/{source}": figures["dice"]} if "dice" in figures else {}
