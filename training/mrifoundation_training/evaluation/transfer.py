"""`mrifoundation evaluate transfer`: does it go better on data that is more like what the weights learned from?

As MRI-CORE asks it (Dong et al., 2025), with the Dice that the weights reach as they are.
"""

import json
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.case_scoring import score_case
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.likeness import frechet, nearest_cosine, rank_correlation
from mrifoundation_training.evaluation.measured_cases import cases_to_measure, first_of_sources
from mrifoundation_training.evaluation.scores import PRESENT
from mrifoundation_training.evaluation.segmentation import chosen_cases
from mrifoundation_training.evaluation.transfer_plot import plot_transfer


@dataclass(frozen=True, eq=False)
class Measured:
    """One scan: its unit vector, and its mean Dice over the structures in view (NaN where it was not scored)."""

    case: Case
    vector: np.ndarray
    dice: float = float("nan")


def evaluate(
    manifest: Path | str,
    *,
    training: Path | str | None = None,
    split: str = "dev",
    sources: Collection[str] | None = None,
    cases_per_source: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    table: Path | None = None,
    plot: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Dice of each labelled scan of a split beside its likeness to the training scans, and the rank correlation of the two.

    training: manifest whose `train` rows, of the sources that the weights' card names, are the training scans; the same one when left
    out. cases_per_source: the first so many, of both kinds. output: JSON; table: Markdown; plot: PNG. Gives the exit code: 0 when anything
    was scored. Raises InputError for a manifest, split or source without scans."""
    asked = [case for case in chosen_cases(cases_to_measure(manifest), split, sources) if case.labels]
    engine = Engine.load(weights)
    learned = learned_from(cases_to_measure(training or manifest), engine)
    skipped: dict[str, str] = {}
    there = list(_measured(engine, first_of_sources(learned, cases_per_source), profile, skipped))
    new = list(_measured(engine, first_of_sources(asked, cases_per_source), profile, skipped, score=True))
    if not there:
        raise InputError(
            "None of the scans that the weights learned from can be read; give their manifest with --training."
        )
    found = compared(new, there) | {
        "model": engine.card.model_id,
        "profile": profile,
        "split": split,
        "skipped": skipped,
    }
    if output is not None:
        Path(output).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if table is not None:
        Path(table).write_text(as_markdown(found), encoding="utf-8")
    if plot is not None:
        plot_transfer(found, Path(plot))
    if as_json_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0 if any(row["dice"] is not None for row in found["scans"]) else 1


def learned_from(cases: list[Case], engine: Engine) -> list[Case]:
    """Training scans of the sources on the card. Raises InputError when the manifest has none of them."""
    names = {row["source"] for row in engine.card.training_data}
    found = [c for c in cases if c.image and c.split == "train" and c.tier != "eval-only" and c.source in names]
    if not found:
        raise InputError(
            f"The manifest has no training scans of what {engine.card.model_id} learned from; give theirs with --training."
        )
    return found


def compared(new: list[Measured], there: list[Measured]) -> dict:
    """Rows by scan and by source, and the rank correlation over all scans."""
    training, trained = np.array([one.vector for one in there]), [one.case.person for one in there]
    vectors, subjects = np.array([one.vector for one in new]), [one.case.person for one in new]
    likeness = nearest_cosine(vectors, subjects, training, trained) if new else np.zeros(0)
    dice = np.array([one.dice for one in new])
    scans = [
        {"case": one.case.id, "subject": one.case.subject, "source": one.case.source, "likeness": _number(value), "dice": _number(one.dice)}
        for one, value in zip(new, likeness, strict=True)
    ]  # fmt: skip
    names = list(dict.fromkeys(one.case.source for one in new))
    learned = {one.case.source for one in there}
    rows = []
    for name in names:
        mine = np.array([one.case.source == name for one in new])
        rows.append(
            {
                "source": name,
                "learned": name in learned,
                "scans": int(mine.sum()),
                "likeness": _mean(likeness[mine]),
                "frechet": _number(frechet(vectors[mine], training)),
                "dice": _mean(dice[mine]),
            }
        )
    correlation = rank_correlation(likeness, dice, subjects)
    return {"sources": rows, "scans": scans, "correlation": correlation, "training_scans": len(there)}


def _measured(
    engine: Engine, cases: list[Case], profile: str, skipped: dict[str, str], score: bool = False
) -> Iterator[Measured]:
    console = Console(file=sys.stderr)
    for case in track(cases, "Scoring" if score else "Embedding", console=console, transient=True):
        try:
            vector = engine.embed(engine.encode(read_place(case.image), profile=profile))
            scores = [s.dice for s in score_case(engine, case, profile) if s.truth == PRESENT] if score else []
        except InputError as error:
            skipped[case.id] = str(error)
            continue
        yield Measured(case, vector, float(np.mean(scores)) if scores else float("nan"))


def as_markdown(found: dict) -> str:
    """The table by source, and the correlation in one sentence."""
    head = "| source | seen in training | scans | nearest cosine | Fréchet | mean Dice |\n|---|---|---|---|---|---|\n"
    rows = "".join(
        f"| {row['source']} | {'yes' if row['learned'] else 'no'} | {row['scans']} | {_shown(row['likeness'])} | "
        f"{_shown(row['frechet'])} | {_shown(row['dice'])} |\n"
        for row in found["sources"]
    )
    return f"{found['model']}, profile {found['profile']}, split {found['split']}.\n\n{head}{rows}\n{in_words(found)}\n"


def in_words(found: dict) -> str:
    """What the correlation says."""
    one = found["correlation"]
    if one["rho"] is None:
        return f"With {one['scans']} scored scans of {one['subjects']} subjects there is no correlation to tell."
    return (
        f"Rank correlation of likeness and Dice over {one['scans']} scans of {one['subjects']} subjects: {one['rho']:.2f} "
        f"(95 % interval {_shown(one['low'])} to {_shown(one['high'])})."
    )


def _print(found: dict) -> None:
    table = Table(title=f"{found['model']}, profile {found['profile']}, split {found['split']}")
    for column in ("source", "seen in training", "scans", "nearest cosine", "Fréchet", "mean Dice"):
        table.add_column(column, no_wrap=column == "source")
    for row in found["sources"]:
        told = (_shown(row[name]) for name in ("likeness", "frechet", "dice"))
        table.add_row(row["source"], "yes" if row["learned"] else "no", str(row["scans"]), *told)
    console = wide_console()
    console.print(table)
    console.print(in_words(found), highlight=False)
    for case, reason in found["skipped"].items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _mean(values: np.ndarray) -> float | None:
    values = values[np.isfinite(values)]
    return _number(values.mean()) if len(values) else None


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
