"""Results of few-shot evaluation as Markdown for people and as JSON for programs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation_training.evaluation.few_shot_tasks import Budget, Task


@dataclass(frozen=True)
class Result:
    """One repetition. learned: what the weights saw of the structure before. dice: mean over test scans, scores: case → Dice.
    seconds: of answering all test scans."""

    source: str
    structure: str
    learned: str
    budget: str
    seed: int
    method: str
    dice: float
    scores: dict[str, float]
    seconds: float

    def is_of(self, task: Task, budget: Budget, seed: int) -> bool:
        return (self.source, self.structure, self.budget, self.seed) == (
            task.source,
            task.structure,
            str(budget),
            seed,
        )


def read_results(path: Path | None, about: dict) -> list[Result]:
    """What an earlier run has left; [] when there is none. Raises InputError for results of other weights or another recipe."""
    if path is None or not Path(path).is_file():
        return []
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        results = [Result(**one) for one in content["repetitions"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"'{path}' holds no results of few-shot evaluation; choose another output.") from error
    if any(content.get(key) != value for key, value in about.items()):
        raise InputError(
            f"'{path}' holds results of other weights, detail, budget or test scans; choose another output."
        )
    return results


def as_json(results: list[Result], about: dict, left_out: dict[str, str]) -> dict:
    """rows: mean and spread over repetitions of every source, structure, budget and method; repetitions: every single one."""
    groups: dict[tuple, list[Result]] = {}
    for one in results:
        groups.setdefault((one.source, one.structure, one.learned, one.budget, one.method), []).append(one)
    rows = [
        dict(zip(("source", "structure", "learned", "budget", "method"), key, strict=True))
        | {
            "dice": float(np.mean([one.dice for one in group])),
            "spread": float(np.std([one.dice for one in group], ddof=1)) if len(group) > 1 else None,
            "repetitions": len(group),
            "tests": len(group[0].scores),
        }
        for key, group in groups.items()
    ]
    return about | {"rows": rows, "left_out": left_out, "repetitions": [asdict(one) for one in results]}


def as_markdown(found: dict) -> str:
    """One line a structure and budget, one column a method."""
    methods = list(dict.fromkeys(row["method"] for row in found["rows"]))
    lines = [
        f"Few labels: {found['model']}, profile {found['profile']}. Mean Dice over test scans ± deviation over repetitions, in each of "
        "which other scans or slices were annotated; the same ones for every method.",
        "",
        " | ".join(["| source", "structure", "learned before", "annotated", *methods, "repetitions", "test scans |"]),
        "|" + "---|" * (6 + len(methods)),
    ]
    cells: dict[tuple, dict] = {}
    for row in found["rows"]:
        cells.setdefault((row["source"], row["structure"], row["learned"], row["budget"]), {})[row["method"]] = row
    for key, by_method in cells.items():
        some = next(iter(by_method.values()))
        values = [_value(by_method.get(method)) for method in methods]
        lines.append(" | ".join(["| " + key[0], *key[1:], *values, str(some["repetitions"]), f"{some['tests']} |"]))
    lines += ["", found["scratch"]] if found["scratch"] else []
    lines += ["", *(f"Left out: {what}: {reason}" for what, reason in found["left_out"].items())]
    return "\n".join(lines).rstrip() + "\n"


def _value(row: dict | None) -> str:
    if row is None:
        return "–"
    return f"{row['dice']:.3f}" + (f" ± {row['spread']:.3f}" if row["spread"] is not None else "")
