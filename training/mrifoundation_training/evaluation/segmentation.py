"""`mrifoundation evaluate segmentation`: the weights against the labelled scans of a manifest."""

import json
import sys
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.case_scoring import score_case
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.made_scans import made_scans
from mrifoundation_training.evaluation.markdown_page import MarkdownPage
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.report import as_json as summary_as_json
from mrifoundation_training.evaluation.report import print_summary
from mrifoundation_training.evaluation.score_file import ScoreFile
from mrifoundation_training.evaluation.summary import summarise
from mrifoundation_training.evaluation.surface_distance import TOLERANCE_MM


def evaluate(
    manifest: Path | str,
    *,
    split: str = "dev",
    sources: Collection[str] | None = None,
    made: int = 0,
    tolerance_mm: float = TOLERANCE_MM,
    profile: str = "standard",
    output: Path | None = None,
    table: Path | None = None,
    as_json: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Score every scan of a split and print the table structure × source (or, `as_json`, one object).

    manifest: what `cases_to_measure` takes. sources: only these. made: images that are made of each label map without a scan, and
    scored in place of scans. tolerance_mm: of surface Dice. output: a CSV of single scores that is
    appended to case by case; what it holds already is not computed again. table: Markdown. A case that cannot be read is
    skipped, counted and named.
    Gives the exit code: 0 when anything was scored, 1 when nothing was. Raises InputError for a manifest, split,
    source, profile or weights that are not there.
    """
    cases = chosen_cases(cases_to_measure(manifest), split, sources, bare=made > 0)
    engine = Engine.load(weights)
    file = ScoreFile(Path(output) if output else None, engine.card.model_id, profile, tolerance_mm)
    with TemporaryDirectory() as folder:
        cases = made_scans(cases, made, Path(folder)) if made else cases
        skipped = score_cases(engine, cases, profile, file)
    scores = file.scores([case.id for case in cases])
    summary = summarise(scores)
    what = "images made from label maps, of no patient" if made else "scans"
    title = f"{engine.card.model_id}, profile {profile}, split {split}, {what}: {len(cases) - len(skipped)}"
    if table is not None:
        page = MarkdownPage()
        print_summary(page, summary, title, skipped, tolerance_mm)
        page.write(table)
    if as_json:
        print(
            json.dumps(
                summary_as_json(summary, engine.card.model_id, profile, split, skipped, tolerance_mm),
                ensure_ascii=False,
            )
        )
    else:
        print_summary(wide_console(), summary, title, skipped, tolerance_mm)
    return 0 if scores else 1


def chosen_cases(cases: list[Case], split: str, sources: Collection[str] | None, bare: bool = False) -> list[Case]:
    """The scans, or the `bare` label maps without one, of a split and of some sources; raises InputError when there are none."""
    known = {case.source for case in cases}
    unknown = sorted(set(sources or ()) - known)
    if unknown:
        raise InputError(f"The manifest has no source {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
    chosen = [
        case
        for case in cases
        if bool(case.image) != bare and case.split == split and (not sources or case.source in sources)
    ]
    if not chosen:
        what = "label maps without a scan" if bare else "scans"
        remedy = "choose another split or source"
        if split == "dev" and not any(case.split == "dev" for case in cases):
            remedy = "set development_people in your recipe, train, and give the recipe in place of the manifest"
        raise InputError(f"The manifest has no {what} of split '{split}' there; {remedy}.")
    return chosen


def score_cases(engine: Engine, cases: list[Case], profile: str, file: ScoreFile) -> dict[str, str]:
    """Score what the file does not hold yet; gives the cases that could not be read, with the reason."""
    skipped = {}
    console = Console(file=sys.stderr)
    for case in track([case for case in cases if case.id not in file], "Scoring", console=console, transient=True):
        try:
            file.add(case.id, score_case(engine, case, profile, file.tolerance_mm))
        except InputError as error:
            skipped[case.id] = str(error)
    return skipped
