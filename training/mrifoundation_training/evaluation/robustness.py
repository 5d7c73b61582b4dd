"""`mrifoundation evaluate robustness`: how much Dice is left when scans get worse."""

import json
import sys
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.questions import Question, disjoint_batches, labelled_questions
from mrifoundation_training.evaluation.robustness_plot import plot_curves
from mrifoundation_training.evaluation.segmentation import chosen_cases
from mrifoundation_training.evaluation.spoiling import DAMAGES, Damage

Curve = dict[float, Interval]


def evaluate(
    manifest: Path | str,
    *,
    split: str = "dev",
    sources: Collection[str] | None = None,
    cases_per_source: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    plot: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Mean Dice over the labelled structures of each scan, scan by scan, at every level of every damage; one curve a source.

    Scans are encoded one by one, so a study that lacks a sequence is no damage here. cases_per_source: the first so many. output: JSON
    file; plot: PNG. Gives the exit code: 0 when anything was scored. Raises InputError for a manifest, split or source without scans.
    """
    chosen = _first_of_each(
        [c for c in chosen_cases(cases_to_measure(manifest), split, sources) if c.labels], cases_per_source
    )
    engine = Engine.load(weights)
    measured: dict[str, dict[str, dict[float, dict[str, list[float]]]]] = {}
    skipped: dict[str, str] = {}
    for case in track(chosen, "Spoiling", console=Console(file=sys.stderr), transient=True):
        try:
            scan = read_place(case.image)
            reference = reference_labels(case, scan)
        except InputError as error:
            skipped[case.id] = str(error)
            continue
        asked = [q for q in labelled_questions(case, engine.vocabulary, engine.knows) if len(q.values) == 1]
        for damage in DAMAGES:
            levels = measured.setdefault(case.source, {}).setdefault(damage.name, {})
            for level, score in spoiled_scores(engine, case.id, scan, reference, asked, damage, profile).items():
                levels.setdefault(level, {}).setdefault(case.subject, []).append(score)
    curves = {
        source: {
            name: {level: subject_bootstrap(values) for level, values in levels.items()}
            for name, levels in damages.items()
        }
        for source, damages in measured.items()
    }
    found = {
        "model": engine.card.model_id,
        "profile": profile,
        "split": split,
        "curves": _plain(curves),
        "skipped": skipped,
    }
    if output is not None:
        Path(output).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if plot is not None:
        plot_curves(curves, Path(plot), f"{engine.card.model_id}, profile {profile}, split {split}")
    if as_json_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(curves, found)
    return 0 if curves else 1


def spoiled_scores(
    engine: Engine, case_id: str, scan: Scan, reference: np.ndarray, asked: list[Question], damage: Damage, profile: str
) -> dict[float, float]:
    """Level → mean Dice over the structures of which anything is left to score; NaN where nothing is."""
    scores = {}
    for level in damage.levels:
        rng = np.random.default_rng(zlib.crc32(f"{case_id}/{damage.name}".encode()))
        worse = damage.spoil(scan, reference, level, rng)
        encoding = engine.encode(worse.scan, profile=profile)
        scored = worse.reference >= 0
        values = []
        for batch in disjoint_batches(asked):
            names = [question.name for question in batch]
            labels = worse.onto_reference(engine.segment(encoding, names, likeliest=True).labels)
            for number, question in enumerate(batch, start=1):
                values.append(dice((labels == number) & scored, np.isin(worse.reference, question.values)))
        values = [value for value in values if np.isfinite(value)]
        scores[level] = float(np.mean(values)) if values else float("nan")
    return scores


def _first_of_each(cases: list[Case], count: int | None) -> list[Case]:
    by_source: dict[str, list[Case]] = {}
    for case in cases:
        by_source.setdefault(case.source, []).append(case)
    return [case for group in by_source.values() for case in group[:count]]


def _print(curves: dict[str, dict[str, Curve]], found: dict) -> None:
    console = wide_console()
    console.print(f"{found['model']}, profile {found['profile']}, split {found['split']}.", highlight=False)
    for damage in DAMAGES:
        table = Table(title=f"Mean Dice by {damage.name} ({damage.unit})")
        table.add_column("source", no_wrap=True)
        for level in damage.levels:
            table.add_column(f"{level:g}", justify="right")
        table.add_column("subjects", justify="right")
        for source, damages in curves.items():
            curve = damages[damage.name]
            row = [f"{one.mean:.3f}" if np.isfinite(one.mean) else "–" for one in curve.values()]
            table.add_row(source, *row, str(max(one.subjects for one in curve.values())))
        console.print(table)
    for case, reason in found["skipped"].items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def _plain(curves: dict[str, dict[str, Curve]]) -> dict:
    def number(value: float) -> float | None:
        return round(value, 4) if np.isfinite(value) else None

    return {
        source: {
            name: [
                {"level": level, "dice": number(one.mean), "low": number(one.low), "high": number(one.high), "subjects": one.subjects}
                for level, one in curve.items()
            ]
            for name, curve in damages.items()
        }
        for source, damages in curves.items()
    }  # fmt: skip
