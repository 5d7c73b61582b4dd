"""`mrifoundation evaluate cost`: what a Dice costs in labelled scans and in arithmetic, with these weights and without any."""

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch.utils.flop_counter import FlopCounterMode

from mrifoundation.engine import Engine
from mrifoundation.engine.taught.query_fit import fit_query
from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation.volume.adapt import adapt
from mrifoundation_training.evaluation.few_shot_methods import Answer, answering, from_scratch, lessons_of
from mrifoundation_training.evaluation.few_shot_tasks import Budget, Shot, Task, labelled, tasks_of
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.overlap import dice


@dataclass(frozen=True)
class Point:
    """Dice in the test scans after learning. scans: annotated. steps: of the network from scratch, 0 for a query. tflop: of learning,
    both ways through the network where both are gone, without what the weights cost before."""

    scans: int
    steps: int
    tflop: float
    dice: float


@dataclass(frozen=True)
class Cost:
    """One structure. learned: whether the weights knew it before. query: with these weights. scratch: without, by steps on the same
    scans and then by scans at the most steps, each up to the first that is as good as the query."""

    source: str
    structure: str
    learned: bool
    tests: int
    query: Point
    by_steps: tuple[Point, ...]
    by_scans: tuple[Point, ...]

    def reached(self, points: Sequence[Point]) -> Point | None:
        """The first that is as good as the query."""
        return next((point for point in points if point.dice >= self.query.dice), None)


def evaluate(
    manifest: Path | str,
    *,
    sources: Collection[str] | None = None,
    structures: Collection[str] | None = None,
    scans: int = 1,
    more_scans: Sequence[int] = (2, 5, 10),
    steps: Sequence[int] = (100, 300, 1000),
    most_tests: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """How much a network from scratch needs for the Dice that a query reaches after `scans` annotated ones: steps on the same scans, and
    scans at the most steps.

    Gives 0, or 1 when nothing could be measured. Raises InputError for a manifest, source or weights that cannot be used.
    """
    cases = cases_to_measure(manifest)
    if unknown := sorted(set(sources or ()) - {case.source for case in cases}):
        raise InputError(f"The manifest has no source {', '.join(unknown)}; choose among those it has.")
    engine, console = Engine.load(weights), Console(file=sys.stderr)
    found = {
        "model": engine.card.model_id,
        "profile": profile,
        "scratch": ScratchRecipe(max(steps)).sentence,
        "rows": [],
    }
    for task in tasks_of(cases, profile, sources, structures, most_tests):
        if len(task.teachers) < scans:
            continue
        cost = _cost(engine, task, scans, sorted(more_scans), sorted(steps), profile, console)
        found["rows"].append(_as_row(cost))
        if output is not None:
            Path(output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found) if as_json_object else as_markdown(found))
    return 0 if found["rows"] else 1


def _cost(
    engine: Engine, task: Task, scans: int, more: Sequence[int], steps: Sequence[int], profile: str, console: Console
) -> Cost:
    shots = task.draw(Budget(scans, "scans"), 0)
    before = encoding_tflop(engine, shots, profile)
    lessons = lessons_of(engine, shots, profile)
    with FlopCounterMode(display=False) as counter:
        query = fit_query(lessons)
    target = _dice(task, answering(engine, query, profile))
    point = Point(scans, 0, before + counter.get_total_flops() / 1e12, target)
    learned = task.structure in engine.card.config.names
    console.print(f"{task.source}, {task.structure}: {_in_words(point)} by a query.")
    scratch = partial(_scratch, engine, task, profile, console)
    by_steps = _until(target, (scratch(shots, count) for count in steps))
    enough = any(one.dice >= target for one in by_steps)
    larger = [] if enough else [count for count in more if scans < count <= len(task.teachers)]
    by_scans = _until(target, (scratch(task.draw(Budget(count, "scans"), 0), steps[-1]) for count in larger))
    return Cost(task.source, task.structure, learned, len(task.tests), point, by_steps, by_scans)


def _in_words(point: Point) -> str:
    return f"Dice {point.dice:.3f} with {Budget(point.scans, 'scans')}"


def _until(target: float, points: Iterator[Point]) -> tuple[Point, ...]:
    """Points one after the other up to the first that is good enough: the later ones are the dear ones."""
    taken = []
    for point in points:
        taken.append(point)
        if point.dice >= target:
            break
    return tuple(taken)


def _scratch(engine: Engine, task: Task, profile: str, console: Console, shots: list[Shot], steps: int) -> Point:
    with FlopCounterMode(display=False) as counter:
        answer = from_scratch(engine, shots, profile, replace(ScratchRecipe(), steps=steps), seed=0)
    point = Point(len(shots), steps, counter.get_total_flops() / 1e12, _dice(task, answer))
    console.print(f"{task.source}, {task.structure}: {_in_words(point)} from scratch after {steps} steps.")
    return point


def encoding_tflop(engine: Engine, shots: Sequence[Shot], profile: str) -> float:
    """Arithmetic of encoding the shots once; counted on a network that forgets, since the engine may have them encoded already."""
    model, total = FoundationModel(engine.card.config).eval(), 0
    for shot in shots:
        adapted = adapt(shot.scan, profile)
        image, valid = (torch.from_numpy(array)[None, None].float() for array in (adapted.image, adapted.valid))
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            model.encode(image, valid, torch.ones(1, 4))
        total += counter.get_total_flops()
    return total / 1e12


def _dice(task: Task, answer: Answer) -> float:
    return float(
        np.mean([dice(answer(scan), truth) for scan, truth in (labelled(c, task.structure) for c in task.tests)])
    )


def _as_row(cost: Cost) -> dict:
    """The cost with its ratios; a ratio is a lower bound where the network from scratch never got there, and where it did on the same scans
    none were saved."""
    row = asdict(cost)
    for name, points, of in (("tflop", cost.by_steps, "tflop"), ("scans", cost.by_scans, "scans")):
        end = cost.reached(points) or (points[-1] if points else None)
        row[f"{name}_ratio"] = getattr(end, of) / getattr(cost.query, of) if end else None
        row[f"{name}_reached"] = cost.reached(points) is not None
    if row["tflop_reached"]:
        row |= {"scans_ratio": 1.0, "scans_reached": True}
    return row


def as_markdown(found: dict) -> str:
    """One line a structure; > where the network from scratch never reached the Dice of the query."""
    lines = [
        f"Cost of learning a structure: {found['model']}, profile {found['profile']}. A query on frozen features, beside a "
        "network from scratch.",
        "",
        "| source | structure | learned before | test scans | query: scans, TFLOP, Dice | from scratch, same scans: steps, TFLOP, Dice | "
        "arithmetic saved | from scratch, more scans: scans, Dice | scans saved |",
        "|" + "---|" * 9,
    ]
    for row in found["rows"]:
        query, steps, scans = row["query"], row["by_steps"][-1], row["by_scans"][-1] if row["by_scans"] else None
        cells = [
            row["source"],
            row["structure"],
            "yes" if row["learned"] else "no",
            str(row["tests"]),
            f"{query['scans']}, {query['tflop']:.2f}, {query['dice']:.3f}",
            f"{steps['steps']}, {steps['tflop']:.1f}, {steps['dice']:.3f}",
            _ratio(row, "tflop"),
            f"{scans['scans']}, {scans['dice']:.3f}" if scans else "–",
            _ratio(row, "scans"),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        found["scratch"],
        "The training of the weights themselves, done once for all structures, is not counted.",
    ]
    return "\n".join(lines) + "\n"


def _ratio(row: dict, name: str) -> str:
    if row[f"{name}_ratio"] is None:
        return "–"
    return ("" if row[f"{name}_reached"] else "> ") + f"{row[f'{name}_ratio']:.0f} ×"
