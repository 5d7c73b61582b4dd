"""What it takes to fit one head from a manifest."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.features import embedding_names
from mrifoundation.tasks.classify.fitting import Cases, fit_head
from mrifoundation.tasks.classify.head import Head
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.heads.example import Example
from mrifoundation_training.heads.extraction import cases_of, measured
from mrifoundation_training.heads.feature_cache import Record
from mrifoundation_training.heads.figures_of_people import figures_of_people

OPEN_LICENCE, RESEARCH_LICENCE = "CC-BY-4.0", "CC-BY-NC-SA-4.0"


@dataclass(frozen=True)
class Data:
    """Where cases come from. cases: rows of the manifest. root: its folder.

    acdc, picai: folders in the layouts of these challenges, or None.
    """

    cases: list[Case]
    root: Path
    acdc: Path | None = None
    picai: Path | None = None


@dataclass(frozen=True)
class Recipe:
    """card: without what fitting fills in. examples: all cases of the manifest, of both splits. alone: measurements that are
    tried by themselves as baselines, title → names. sentences: one that is true of the positive class, and its opposite, or ().
    reference: measures a case on its reference label maps, which is learned from beside our own segmentation, or None."""

    card: HeadCard
    examples: Callable[[Data], list[Example]]
    alone: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    reference: Callable[[Example], Record] | None = None


def training_examples(examples: list[Example]) -> list[Example]:
    """Those a head may be fitted to: split train, and terms that allow training."""
    return [one for one in examples if one.split == "train" and one.tier in ("open", "research")]


def build(recipe: Recipe, engine: Engine, data: Data) -> Head:
    """Measure, cross-validate and fit. Raises InputError when there are too few cases."""
    examples = training_examples(recipe.examples(data))
    cases, refused = cases_of(examples, measured(engine, recipe.card, examples))
    alone = baselines(recipe, cases)
    if recipe.reference is not None:
        cases = with_reference(cases, [one for one in examples if one.id not in refused], recipe.reference)
    card = replace(
        recipe.card,
        model_id=engine.card.model_id,
        trained_on=described(examples, cases, refused),
        licence=RESEARCH_LICENCE if any(one.tier == "research" for one in examples) else OPEN_LICENCE,
    )
    head = fit_head(card, cases, alone)
    if any(one.simulated for one in examples):
        figures = head.card.figures | {"unseen_sources": unseen_sources(recipe, engine, data, head)}
        head = replace(head, card=replace(head.card, figures=figures))
    return head


def unseen_sources(recipe: Recipe, engine: Engine, data: Data, head: Head) -> dict:
    """A head of simulated cases alone, asked about every real one of either split: no source of these was learned from, so that it cannot
    know a disease by its scanner. {} where too little is left to tell."""
    examples = recipe.examples(data)
    drawn = [one for one in examples if one.simulated]
    real = [one for one in examples if not one.simulated]
    learned, _ = cases_of(drawn, measured(engine, recipe.card, drawn))
    asked, refused = cases_of(real, measured(engine, recipe.card, real))
    if len(set(learned.labels)) < 2 or len(set(asked.labels)) < 2:
        return {}
    alone = fit_head(recipe.card, learned.columns(head.card.feature_names))
    values = [dict(zip(asked.names, row, strict=True)) for row in asked.values]
    given = np.array([list(alone.probabilities(one)[0].values()) for one in values])
    labels = [recipe.card.classes.index(label) for label in asked.labels]
    found = figures_of_people(given, labels, list(asked.patients), recipe.card.classes)
    return found | {"refused": len(refused), "sources": sorted({one.source for one in real})}


def baselines(recipe: Recipe, cases: Cases) -> dict[str, Cases]:
    """The same cases with less, or with the embedding of all series."""
    found = {title: cases.columns(names) for title, names in recipe.alone.items()}
    width = cases.embeddings.shape[1] // len(recipe.card.inputs)
    names = embedding_names(len(recipe.card.inputs), width)
    found["embedding only"] = Cases(cases.embeddings, names, cases.labels, cases.patients)
    return found


def with_reference(cases: Cases, examples: list[Example], reference: Callable[[Example], Record]) -> Cases:
    """The cases, and the same people measured on reference label maps."""
    records = [(example, reference(example)) for example in examples]
    kept = [(example, record) for example, record in records if not record.refused]
    if not kept:
        return cases
    values = np.array([[record.values[name] for name in cases.names] for _, record in kept])
    labels, patients = (np.array([getattr(example, part) for example, _ in kept]) for part in ("label", "patient"))
    return cases.learning_also(values, labels, patients)


def described(examples: list[Example], cases: Cases, refused: dict[str, str]) -> dict:
    """`trained_on` of a card."""
    kept = [one for one in examples if one.id not in refused]
    real, drawn = ([one for one in kept if one.simulated is simulated] for simulated in (False, True))
    classes = {
        c: len({p for p, label in zip(cases.patients, cases.labels, strict=True) if label == c})
        for c in sorted(set(cases.labels))
    }
    parts = [
        f"{len(group)} {kind} cases of {len({one.patient for one in group})} people"
        for kind, group in (("real", real), ("simulated", drawn))
        if group
    ]
    counted = ", ".join(f"{name}: {count}" for name, count in classes.items())
    sentence = f"Fitted to {' and '.join(parts)} ({counted} people)."
    if refused:
        sentence += f" {len(refused)} more could not be measured and were left out."
    return {
        "cases": len(kept), "patients": len({one.patient for one in kept}), "classes": classes, "real": len(real),
        "simulated": bool(drawn), "sources": sorted({one.source for one in kept}), "left_out": len(refused), "sentence": sentence,
    }  # fmt: skip
