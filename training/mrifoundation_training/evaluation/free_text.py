"""`mrifoundation evaluate free-text`: structures asked for in words that the vocabulary does not know, beside their names."""

import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.meaning import MOST, nearest_in_meaning
from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.data.targets import elsewhere
from mrifoundation_training.evaluation.bootstrap import subject_bootstrap
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.measured_cases import cases_to_measure, first_of_sources
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.questions import labelled_questions
from mrifoundation_training.evaluation.segmentation import chosen_cases

NAME, WORDS = "name", "own words"


@dataclass(frozen=True)
class Asked:
    """One prompt in one scan. person: among all sources. structure: that it means; how: NAME or WORDS; elsewhere: it cannot be in view;
    dice: NaN where the structure is not. suggested: names for words that nothing reads, with the scan at hand, best first."""

    person: str
    source: str
    structure: str
    prompt: str
    how: str
    in_view: bool
    elsewhere: bool
    dice: float
    said_in_view: bool
    suggested: tuple[str, ...]


@lru_cache(maxsize=1)
def own_words() -> dict[str, tuple[str, ...]]:
    """Structure → wordings, as of free_text_words.yaml."""
    content = yaml.safe_load((files(__package__) / "free_text_words.yaml").read_text(encoding="utf-8"))
    return {name: tuple(wordings) for name, wordings in content.items()}


def evaluate(
    manifest: Path | str,
    *,
    split: str = "dev",
    sources: Collection[str] | None = None,
    cases_per_source: int | None = None,
    profile: str = "standard",
    output: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Ask every labelled scan of a split for what its labels tell, by name and in the wordings of `own_words`, and for what cannot be in
    view in these alone. Prints a table, or one JSON object, which `output` keeps. Gives 0, or 1 when nothing could be asked. Raises
    InputError for a manifest, split, source, profile or weights that are not there.
    """
    labelled = [case for case in chosen_cases(cases_to_measure(manifest), split, sources) if case.labels]
    cases = first_of_sources(labelled, cases_per_source)
    engine, asked, skipped = Engine.load(weights), [], {}
    for case in track(cases, "Asking", console=Console(file=sys.stderr), transient=True):
        try:
            asked += _ask(engine, case, profile)
        except InputError as error:
            skipped[case.id] = str(error)
    about = {"model": engine.card.model_id, "profile": profile, "split": split}
    found = about | _summary(asked) | {"suggested": _suggested(engine), "skipped": skipped}
    if output is not None:
        Path(output).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0 if asked else 1


def _ask(engine: Engine, case: Case, profile: str) -> Iterator[Asked]:
    questions = [one for one in labelled_questions(case, engine.vocabulary, engine.knows) if one.name in own_words()]
    labelled = [one.name for one in questions]
    absent = [
        s.name
        for s in engine.vocabulary
        if s.name in own_words() and s.name not in labelled and elsewhere(s, case.region) and engine.knows(s)
    ]
    if not questions + absent:
        return
    scan = read_place(case.image)
    labels, encoding = reference_labels(case, scan), engine.encode(scan, profile=profile)
    for question in questions:
        truth = np.isin(labels, question.values)
        for how, prompt in ((NAME, question.name), *((WORDS, words) for words in own_words()[question.name])):
            there, mask, suggested = _answer(engine, encoding, prompt)
            score = dice(mask, truth) if truth.any() else float("nan")
            seen = bool(truth.any())
            yield Asked(case.person, case.source, question.name, prompt, how, seen, False, score, there, suggested)
    for name in absent:
        for words in own_words()[name]:
            there, _, suggested = _answer(engine, encoding, words)
            yield Asked(case.person, case.source, name, words, WORDS, False, True, float("nan"), there, suggested)


def _answer(engine: Engine, encoding: Encoding, prompt: str) -> tuple[bool, np.ndarray, tuple[str, ...]]:
    answer = engine.segment(encoding, [prompt], free_text=True)
    suggested = tuple(name for names in answer.suggestions.values() for name in names)  # of each that it is read as
    return bool(answer.table[0]["in_view"]), answer.labels > 0, suggested


def _suggested(engine: Engine) -> dict:
    """How often the engine suggests what is meant as near in meaning, first or at all, without a scan; of all wordings of what it knows."""
    known = {structure.name for structure in engine.vocabulary if engine.knows(structure)}
    asked = [(name, words) for name in sorted(known & own_words().keys()) for words in own_words()[name]]
    offered = [(name, nearest_in_meaning(words, engine.vocabulary, known)) for name, words in asked]
    return {
        "wordings": len(offered),
        "first": _mean(name in names[:1] for name, names in offered),
        "at_all": _mean(name in names for name, names in offered),
    }


def _summary(asked: list[Asked]) -> dict:
    """rows: of every source and structure in view; mean: over rows; elsewhere: how often what is not in view was said to be."""
    groups: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        if one.in_view:
            groups[one.source, one.structure].append(one)
    rows = [
        {"source": source, "structure": structure, "people": len({one.person for one in group})}
        | {how: _figures([one for one in group if one.how == how]) for how in (NAME, WORDS)}
        | {"suggested": _offered([one for one in group if one.how == WORDS])}
        for (source, structure), group in sorted(groups.items())
    ]
    gone = [one for one in asked if one.elsewhere]
    return {
        "rows": rows,
        "mean": {how: {what: _mean(row[how][what] for row in rows) for what in ("dice", "found")} for how in (NAME, WORDS)}
        | {"suggested": {what: _mean(row["suggested"][what] for row in rows) for what in ("first", "at_all")}},
        "elsewhere": _interval(gone, lambda one: one.said_in_view) | {"prompts": len(gone)},
    }  # fmt: skip


def _figures(group: list[Asked]) -> dict:
    return _interval(group, lambda one: one.dice, "dice") | {"found": _mean(one.said_in_view for one in group)}


def _offered(group: list[Asked]) -> dict:
    """How often what is meant is suggested with the scan at hand."""
    return {
        "first": _mean(one.structure in one.suggested[:1] for one in group),
        "at_all": _mean(one.structure in one.suggested[:MOST] for one in group),
    }


def _interval(group: list[Asked], value, name: str = "rate") -> dict:
    """Mean over people with its 95 % interval."""
    by_person: dict[str, list[float]] = defaultdict(list)
    for one in group:
        by_person[one.person].append(float(value(one)))
    found = subject_bootstrap(by_person)
    return {name: _number(found.mean), "low": _number(found.low), "high": _number(found.high)}


def _mean(values) -> float | None:
    values = [float(value) for value in values if value is not None]
    return round(float(np.mean(values)), 4) if values else None


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _print(found: dict) -> None:
    console = wide_console()
    table = Table(
        title=f"{found['model']}, profile {found['profile']}, split {found['split']}: Dice (said to be in view)"
    )
    for column in ("source", "structure", "people", NAME, WORDS, "suggested first (at all)"):
        table.add_column(column, no_wrap=True)
    for row in found["rows"]:
        told = (f"{row[how]['dice']:.3f} ({row[how]['found']:.2f})" for how in (NAME, WORDS))
        table.add_row(row["source"], row["structure"], str(row["people"]), *told, _rates(row["suggested"]))
    if found["rows"]:
        table.add_row(
            "",
            "mean of these",
            "",
            *(f"{found['mean'][how]['dice']:.3f} ({found['mean'][how]['found']:.2f})" for how in (NAME, WORDS)),
            _rates(found["mean"]["suggested"]),
        )
    console.print(table)
    gone = found["elsewhere"]
    if gone["prompts"]:
        console.print(
            f"Said to be in view though it is in another part of the body: {gone['rate']:.3f} of {gone['prompts']} wordings."
        )
    told = found["suggested"]
    if told["wordings"]:
        console.print(
            f"Without a scan the right name is suggested first for {told['first']:.2f} of {told['wordings']} wordings, among the {MOST} "
            f"nearest in meaning for {told['at_all']:.2f}."
        )
    for case, reason in found["skipped"].items():
        console.print(f"Skipped {case}: {reason}", highlight=False)


def _rates(suggested: dict) -> str:
    return f"{suggested['first']:.2f} ({suggested['at_all']:.2f})"
