"""The optimiser of a recipe, and how its learning rate goes."""

import math

import torch

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation_training.muon import MuonWithAdamW
from mrifoundation_training.parallel.spreading import FSDP
from mrifoundation_training.recipe import Recipe
from mrifoundation_training.stages.student_teacher import StudentTeacher

ADAMW, MUON = "adamw", "muon"


def check_optimizer(recipe: Recipe) -> None:
    """Raises InputError for an optimiser that there is not, or that cannot work on weights in shards."""
    if recipe.optimizer not in (ADAMW, MUON):
        raise InputError(f"There is no optimiser '{recipe.optimizer}'; set optimizer=adamw or optimizer=muon.")
    if recipe.optimizer == MUON and recipe.parallel == FSDP:
        raise InputError("Muon needs each weight whole; set optimizer=adamw, or parallel=ddp.")


def new_optimizer(
    model: FoundationModel, recipe: Recipe, stage: StudentTeacher | None = None
) -> torch.optim.Optimizer | MuonWithAdamW:
    """The recipe's, over weights that are laid out for good."""
    groups = parameter_groups(model, recipe, stage)
    if recipe.optimizer == MUON:
        return MuonWithAdamW(groups, recipe.learning_rate, recipe.weight_decay)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


def parameter_groups(model: FoundationModel, recipe: Recipe, stage: StudentTeacher | None = None) -> list[dict]:
    """The weights that each name owns learn faster: an optimiser step moves them by the same amount as any other number, but they are
    an order of magnitude larger and are asked for in some examples only."""
    own = [model.head.own_weights.weight]
    rest = [p for p in model.parameters() if p is not own[0]]
    groups = [{"params": rest, "pace": 1.0}, {"params": own, "pace": recipe.own_pace}]
    return groups + ([{"params": stage.trained(), "pace": 1.0}] if stage else [])


def schedule(step: int, recipe: Recipe) -> float:
    """Share of the learning rate at a step: linear warm-up, then level, then over the last `tail` of the steps a cosine to zero."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    first = max(recipe.warmup, recipe.steps * (1 - recipe.tail))
    return 0.5 * (1 + math.cos(math.pi * max(0.0, (step - first) / max(1.0, recipe.steps - first))))
