"""`mrifoundation evaluate robustness`: how much Dice is left when scans get worse, or sequences of a study are missing."""

import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.bootstrap import subject_bootstrap
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.dropped_sequences import (
    BEST,
    DROPPED,
    UNIT,
    Left,
    by_structure,
    curves_of,
    left_of,
    studies,
)
from mrifoundation_training.evaluation.markdown_page import MarkdownPage
from mrifoundation_training.evaluation.measured_cases import cases_to_measure, first_of_sources
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.questions import Question, disjoint_batches, labelled_questions
from mrifoundation_training.evaluation.robustness_plot import plot_curves
from mrifoundation_training.evaluation.robustness_table import Curves, plain, print_curves
from mrifoundation_training.evaluation.segmentation import chosen_cases
from mrifoundation_training.evaluation.spoiling import DAMAGES, Damage

UNITS = {damage.name: damage.unit for damage in DAMAGES} | {DROPPED: UNIT}


def evaluate(
    manifest: Path | str,
    *,
    split: str = "dev",
    sources: Collection[str] | None = None,
    damages: Collection[str] | None = None,
    cases_per_source: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    table: Path | None = None,
    plot: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Mean Dice over the labelled structures of each scan, scan by scan, at every level of every damage; one curve a source.

    damages: only these of UNITS. Dropped sequences are asked of studies, all else of single scans; cases_per_source: the first so many.
    output: JSON file; table: Markdown; plot: PNG. Gives the exit code: 0 when anything was scored. Raises InputError for a manifest,
    split, source or damage that is not there.
    """
    if unknown := sorted(set(damages or ()) - set(UNITS)):
        raise InputError(f"There is no damage {', '.join(unknown)}; there are {', '.join(UNITS)}.")
    wanted = [name for name in UNITS if not damages or name in damages]
    chosen = [c for c in chosen_cases(cases_to_measure(manifest), split, sources) if c.labels]
    engine, skipped = Engine.load(weights), {}
    spoil = [damage for damage in DAMAGES if damage.name in wanted]
    curves = _spoiled(engine, first_of_sources(chosen, cases_per_source) if spoil else [], spoil, profile, skipped)
    left = {}
    if DROPPED in wanted:
        left = _left(
            engine, first_of_sources(studies(chosen), cases_per_source, lambda study: study[0].source), profile, skipped
        )
        for source, people in left.items():
            curves[source] = curves.get(source, {}) | curves_of(people)
    found = {
        "model": engine.card.model_id,
        "profile": profile,
        "split": split,
        "curves": plain(curves),
        "sequences": {source: by_structure(people) for source, people in left.items()},
        "skipped": skipped,
    }
    if output is not None:
        Path(output).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if table is not None:
        page = MarkdownPage()
        print_curves(page, curves, _drawn(curves), found)
        page.write(table)
    if plot is not None and curves:
        plot_curves(curves, _drawn(curves), Path(plot), f"{engine.card.model_id}, profile {profile}, split {split}")
    if as_json_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print_curves(wide_console(), curves, _drawn(curves), found)
    return 0 if _scored(curves) else 1


def _spoiled(
    engine: Engine, cases: list[Case], damages: Sequence[Damage], profile: str, skipped: dict[str, str]
) -> Curves:
    measured: dict[str, dict[str, dict[float, dict[str, list[float]]]]] = {}
    for case in track(cases, "Spoiling", console=Console(file=sys.stderr), transient=True):
        try:
            scan = read_place(case.image)
            reference = reference_labels(case, scan)
        except InputError as error:
            skipped[case.id] = str(error)
            continue
        questions = labelled_questions(case, engine.vocabulary, engine.knows)
        asked = [one for one in questions if len({case.table[value] for value in one.values}) == 1]  # no unions
        for damage in damages:
            levels = measured.setdefault(case.source, {}).setdefault(damage.name, {})
            for level, score in spoiled_scores(engine, case.id, scan, reference, asked, damage, profile).items():
                levels.setdefault(level, {}).setdefault(case.subject, []).append(score)
    return {
        source: {
            name: {level: subject_bootstrap(values) for level, values in levels.items()}
            for name, levels in damages.items()
        }
        for source, damages in measured.items()
    }


def _left(
    engine: Engine, found: list[list[Case]], profile: str, skipped: dict[str, str]
) -> dict[str, dict[str, list[Left]]]:
    """source → subject → what is left of that study."""
    left: dict[str, dict[str, list[Left]]] = defaultdict(dict)
    for study in track(found, "Dropping", console=Console(file=sys.stderr), transient=True):
        try:
            rows = left_of(engine, study, profile)
        except InputError as error:
            skipped[study[0].subject] = str(error)
            continue
        if rows:
            left[study[0].source][study[0].subject] = rows
    return left


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


def _scored(curves: Curves) -> bool:
    """Whether there is a Dice of anybody."""
    return any(at.subjects for damages in curves.values() for levels in damages.values() for at in levels.values())


def _drawn(curves: Curves) -> dict[str, str]:
    """Damages that there is a curve of, with their units."""
    units = UNITS | {BEST: UNIT}
    return {name: unit for name, unit in units.items() if any(name in damages for damages in curves.values())}
