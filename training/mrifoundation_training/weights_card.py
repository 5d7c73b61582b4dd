"""The card of weights that a run writes: what they were trained on and how."""

import subprocess
from dataclasses import asdict

import torch

from mrifoundation.model import Card, FoundationModel, load_card
from mrifoundation.volume.adapt import MAX_SPACING, MIN_SPACING, STRIDE
from mrifoundation_training.card_licence import licence_of
from mrifoundation_training.card_limits import limits_of
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.parallel.world import World
from mrifoundation_training.recipe import Recipe


def card_of(
    recipe: Recipe, model: FoundationModel, cases: list[Case], steps: int, seconds: float, world: World
) -> Card:
    """What these weights were trained on and how, without scores; those come from `mrifoundation evaluate`. What they started from counts
    among it, and so do its terms."""
    groups: dict[tuple, set] = {}
    for case in cases:
        groups.setdefault((case.source, case.tier, case.licence), set()).add(case.subject)
    data = [
        {"source": s, "tier": t, "licence": licence, "subjects": len(ids)}
        for (s, t, licence), ids in sorted(groups.items())
    ]
    start = load_card(recipe.init) if recipe.init else None
    data = merged([start.training_data, data] if start else [data])
    return Card(
        name=recipe.name,
        version="0.1.0",
        licence=licence_of(data, [start.licence] if start else []),
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
        | ({"init": start.model_id} if start else {})
        | ({"student_teacher": asdict(recipe.student_teacher)} if recipe.student_teacher.weight else {}),
        preprocessing={"stride": STRIDE, "spacing_mm": [MIN_SPACING, MAX_SPACING]},
        limits=limits_of(cases, start.model_id if start else ""),
    )


def merged(told: list[list[dict]]) -> list[dict]:
    """Rows of training data of several weights as those of one: of a source that several saw, the most subjects."""
    data: dict[tuple, dict] = {}
    for row in (row for rows in told for row in rows):
        kept = data.setdefault((row["source"], row["tier"], row["licence"]), dict(row))
        kept["subjects"] = max(kept["subjects"], row["subjects"])
    return [data[key] for key in sorted(data)]


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
