"""`mrifoundation evaluate interactive`: how many clicks a contour needs, beside methods that see intensities alone."""

import json
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy import ndimage

from mrifoundation.engine import Encoding, Engine
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.interactive_methods import Method, grow_cut, ours, walker
from mrifoundation_training.evaluation.interactive_robot import next_click
from mrifoundation_training.evaluation.interactive_table import Trace, as_json, print_rows, rows_of
from mrifoundation_training.evaluation.measured_cases import cases_to_measure, first_of_sources
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.segmentation import chosen_cases

CLICKS = 10
SMALLEST_ML = 0.5
BASELINE_MARGIN_MM = 15.0


def evaluate(
    manifest: Path | str,
    *,
    split: str = "dev",
    sources: Collection[str] | None = None,
    structures: Collection[str] | None = None,
    cases_per_source: int | None = None,
    from_nothing: bool = False,
    clicks: int = CLICKS,
    baselines: bool = True,
    profile: str = "standard",
    output: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Let the robot user correct every labelled structure of a split and print Dice after 0, 1, 3, 5 and 10 clicks.

    What the weights know begins with its name in words; lesions and what they do not know begin with clicks alone
    (with `from_nothing` everything does, too). baselines: the same robot with random walker and grow-cut, in a box
    around the structure, which ours is not told.
    output: the JSON object is also written there. Gives 0, or 1 when nothing could be measured.
    Raises InputError for a manifest, split, source or weights that are not there.
    """
    labelled = [case for case in chosen_cases(cases_to_measure(manifest), split, sources) if case.labels]
    cases = first_of_sources(labelled, cases_per_source)
    engine = Engine.load(weights)
    traces: list[Trace] = []
    skipped: dict[str, str] = {}
    for case in track(cases, "Clicking", console=Console(file=sys.stderr), transient=True):
        try:
            traces += _case_traces(engine, case, profile, structures, from_nothing, clicks, baselines)
        except InputError as error:
            skipped[case.id] = str(error)
    rows = rows_of(traces, clicks)
    found = as_json(rows, traces, engine.card.model_id, skipped)
    if output is not None:
        output.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    if as_json_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print_rows(
            wide_console(), rows, f"{engine.card.model_id}, profile {profile}, split {split}, robot user", skipped
        )
    return 0 if traces else 1


def _case_traces(engine, case, profile, structures, from_nothing, clicks, baselines) -> list[Trace]:
    scan = read_place(case.image)
    labels = reference_labels(case, scan)
    encoding = engine.encode(scan, profile)
    traces = []
    for name, truth in structures_of(case, labels, scan, structures):
        for prompt in beginnings(engine, name, from_nothing):
            methods = {"refine": ours(engine, encoding, scan, prompt)}
            if baselines and prompt is None:
                box = _around(truth, scan.spacing)
                methods |= {"random walker": walker(scan, box), "grow-cut": grow_cut(scan, box)}
            for method, answer in methods.items():
                start = begun(engine, encoding, prompt)
                scores, seconds = clicked(answer, start, truth, scan.spacing, clicks)
                begin = "words" if prompt else "nothing"
                traces.append(Trace(case.id, case.subject, case.source, name, begin, method, scores, seconds))
    return traces


def clicked(
    answer: Method, mask: np.ndarray, truth: np.ndarray, spacing: np.ndarray, clicks: int
) -> tuple[tuple[float, ...], float]:
    """Dice after 0, 1, … clicks of the robot user on `mask`, and the seconds of the slowest answer."""
    scores, made, slowest = [dice(mask, truth)], [], 0.0
    for _ in range(clicks):
        click = next_click(mask, truth, spacing)
        if click is None:
            break
        made.append(click)
        started = time.perf_counter()
        mask = answer(mask, made)
        slowest = max(slowest, time.perf_counter() - started)
        scores.append(dice(mask, truth))
    return tuple(scores), slowest


def structures_of(
    case: Case, labels: np.ndarray, scan: Scan, wanted: Collection[str] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask of every structure that is large enough to click on; labels of one name are one structure."""
    for name, values in case.values_of.items():
        if (wanted and name not in wanted) or (not wanted and not name):
            continue
        truth = np.isin(labels, [value for value in values if value != 0])
        if np.count_nonzero(truth) * scan.voxel_ml >= SMALLEST_ML:
            yield name, truth


def beginnings(engine: Engine, name: str, from_nothing: bool) -> list[str | None]:
    """Prompts to begin with; None is from clicks alone."""
    known = name in engine.vocabulary and engine.knows(engine.vocabulary[name])
    lesion = name in engine.vocabulary and engine.vocabulary[name].kind == "lesion"
    return ([name] if known else []) + ([None] if from_nothing or lesion or not known else [])


def begun(engine: Engine, encoding: Encoding, prompt: str | None) -> np.ndarray:
    """The contour before the first click."""
    return (
        engine.segment(encoding, [prompt], likeliest=True).labels == 1
        if prompt
        else np.zeros(encoding.shape, dtype=bool)
    )


def _around(truth: np.ndarray, spacing: np.ndarray) -> tuple[slice, ...]:
    box = ndimage.find_objects(truth.astype(np.uint8))[0]
    margin = np.ceil(BASELINE_MARGIN_MM / spacing).astype(int)
    return tuple(
        slice(max(0, b.start - int(m)), min(n, b.stop + int(m)))
        for b, m, n in zip(box, margin, truth.shape, strict=True)
    )
