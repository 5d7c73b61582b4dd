"""A network tuned to a structure: a short run of the training loop's own pieces, which goes on exactly where it was stopped."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mrifoundation.model import FoundationModel, load_model
from mrifoundation.model.precision import native_autocast
from mrifoundation.model.subvoxel import to_cells
from mrifoundation.volume.adapt import PROFILES
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.fine_tuning.annotated_case import STRUCTURE, UNKNOWN
from mrifoundation_training.fine_tuning.holding import Holding
from mrifoundation_training.fine_tuning.structure_query import StructureQuery, structure_loss
from mrifoundation_training.losses.dense import sample_cells
from mrifoundation_training.optimizer import new_optimizer, schedule
from mrifoundation_training.recipe import Recipe
from mrifoundation_training.run_log import RunLog
from mrifoundation_training.run_state import TENSORS, load_state, save_state
from mrifoundation_training.running_average import follow
from mrifoundation_training.synthesis.geometry import GeometryRanges

SOURCE = "annotated"
STEPS, LEARNING_RATE = 30, 1e-3
HELD = 3.0  # weight of what the network knew beside what it learns
STRANGERS = 0.3  # of the examples show a body that nobody has, on which it is held too: other parts of the body are seen by no scan
SAVE_EVERY = 10  # steps
CELLS = 3000  # of the structure, and of the rest, that the loss is computed on

Tell = Callable[[int], None]
"""Hears how many steps are done; may raise to stop."""


def recipe_of(
    name: str,
    structure: str,
    init: Path,
    profile: str,
    steps: int,
    learning_rate: float = LEARNING_RATE,
    device: str = "auto",
) -> Recipe:
    """Short, in views as the engine will look at `profile`, half of them around the structure. Left and right are never exchanged, since
    a structure may have a side."""
    most = PROFILES[profile]
    return Recipe(
        name=name,
        manifest="",
        sources={
            SOURCE: SourceRecipe(1, synthetic=0.0, flip=False, recolour=0.2, focus=0.5, focus_on=(structure,)),
        },
        geometry=GeometryRanges(budget=(most // 4, most * 3 // 4), partial=0.1),
        strangers=STRANGERS,
        strength=0.5,
        steps=steps,
        warmup=steps // 10,
        learning_rate=learning_rate,
        weight_decay=0.0,
        init=str(init),
        workers=0,
        log_every=10,
        save_every=SAVE_EVERY,
        device=device,
    )


def tune(
    folder: Path,
    recipe: Recipe,
    cases: list[Case],
    query: tuple[np.ndarray, float],
    held: list[str],
    device: torch.device,
    tell: Tell,
) -> FoundationModel:
    """The network of `recipe.init` after `recipe.steps` on annotated `cases`: the running average, as of any run. What asks stays as it was
    (the queries of names, the space of sentences); what is asked, all of the network, learns. query: of the structure, fitted to the
    network as it is. held: names whose answers are to stay.

    Its state is kept in `folder`, so that a run that was killed goes on from there to the same weights. Raises InputError where scans
    cannot be used."""
    model, holding = load_model(recipe.init, device)[0], Holding(load_model(recipe.init, device)[0], held)
    model.to(memory_format=torch.channels_last_3d).requires_grad_(False)
    model.network.requires_grad_(True)
    asked = StructureQuery(query).to(device)
    average = copy.deepcopy(model)
    optimizer = new_optimizer(model, recipe, asked)
    state = (model, average, optimizer, asked)
    first = load_state(folder, *state) if (folder / TENSORS).exists() else 0
    how = (recipe.sources, recipe.geometry, recipe.realistic, recipe.strength, recipe.seed)
    drawn, log = Examples(cases, *how, strangers=recipe.strangers), RunLog(folder)
    trained = [*model.network.parameters(), *asked.parameters()]
    for step in range(first, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * group["pace"] * schedule(step, recipe)
        optimizer.zero_grad(set_to_none=True)
        loss, figures = _loss(model, holding, asked, drawn[step], np.random.default_rng((recipe.seed, step)), device)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, recipe.clip)
        if torch.isfinite(norm):
            optimizer.step()
            follow(average.network, model.network, min(recipe.average, (1 + step) / (10 + step)))
        log.add(figures | {"gradient_norm": norm.item()})
        if (step + 1) % recipe.log_every == 0:
            log.write(step + 1)
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            save_state(folder, step + 1, *state)
        tell(step + 1)
    return average.eval().requires_grad_(False)


def _loss(
    model: FoundationModel,
    holding: Holding,
    query: StructureQuery,
    example: Example,
    rng: np.random.Generator,
    device: torch.device,
) -> tuple[torch.Tensor, dict[str, float]]:
    shown = [part.to(device) for part in (example.image[None, None], example.valid[None, None], example.spacing[None])]
    with native_autocast(device):
        now, then = model.encode(*shown), holding.answers(*shown)
    index, weight, labels = _sampled(example, rng, device)
    missing, entropy = structure_loss(query.logits(now.voxel[0].flatten(1).T[index]), labels, weight)
    moved = holding.loss(now, then, index, rng)
    loss = missing + entropy + HELD * moved
    figures = {"loss": loss.item(), "entropy": entropy.item(), "moved": moved.item()}
    if (labels == STRUCTURE).any():  # nothing is missing of what is not in view
        figures["dice"] = 1 - missing.item()
    return loss, figures


def _sampled(
    example: Example, rng: np.random.Generator, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Indices [m] of cells, those of the structure before others; how many each stands for [m]; and the labels in them [m, 8]."""
    labels, valid = example.labels.to(device), example.valid.to(device)
    cells = to_cells(labels[None, None])[0].flatten(1).T
    real = (to_cells(valid[None, None])[0].flatten(1) > 0).any(0)
    preferred = torch.zeros(max(STRUCTURE, UNKNOWN) + 1, dtype=torch.bool, device=device)
    preferred[STRUCTURE] = True
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**62)))
    index, weight = sample_cells(cells, real, preferred, CELLS, generator)
    return index, weight, cells[index]
