"""`mrifoundation evaluate retrieval`: do similar scans, regions and sentences find each other, beyond chance and beyond two baselines?"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.library.doubts import DOUBTED, contradiction
from mrifoundation.library.doubts import NEIGHBOURS as WITNESSES
from mrifoundation.library.neighbour_facts import NEIGHBOURS, vote
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.retrieval_gallery import (
    TUMOR,
    Embedded,
    NetworkEmbedder,
    embed_all,
    histogram_embedder,
    random_engine,
)
from mrifoundation_training.evaluation.retrieval_measures import (
    Precision,
    Recall,
    precision_at,
    recall_at,
    standardised,
)
from mrifoundation_training.evaluation.retrieval_report import as_json, print_summary

NETWORK, UNTRAINED, HISTOGRAM = "network", "same network, random weights", "histogram and size"


def evaluate(
    manifest: Path,
    *,
    asking: str = "all",
    sources: Sequence[str] | None = None,
    profile: str = "standard",
    output: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Embed every image of a manifest and measure retrieval over all of them; prints tables, or one JSON object.

    asking: split whose scans are the queries ("all" for every one); the gallery is always everything. output: a JSON file for the
    same object. Gives the exit code: 0 when anything was measured. Raises InputError for a manifest, split or weights that cannot be used.
    """
    cases = [case for case in read_manifest(manifest) if case.image and (not sources or case.source in sources)]
    if not cases or (asking != "all" and not any(case.split == asking for case in cases)):
        raise InputError(f"The manifest has no images there for split '{asking}'; choose another split or source.")
    engine = Engine.load(weights)
    untrained = random_engine(engine)
    embedders = {
        NETWORK: NetworkEmbedder(engine, profile, guess=True),
        UNTRAINED: NetworkEmbedder(untrained, profile),
        HISTOGRAM: histogram_embedder,
    }
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Embedding", total=len(cases))
        galleries, skipped = embed_all(cases, embedders, engine.vocabulary, lambda case: bar.advance(task))
    engines = {NETWORK: engine, UNTRAINED: untrained}
    found = summarise(galleries, engines, engine.vocabulary, asking)
    found |= {"model": engine.card.model_id, "profile": profile, "asking": asking, "skipped": skipped}
    told = as_json(found)
    if output is not None:
        Path(output).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json_object:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print_summary(wide_console(), found)
    return 0 if galleries[NETWORK] else 1


def summarise(
    galleries: dict[str, list[Embedded]], engines: dict[str, Engine], vocabulary: Vocabulary, asking: str
) -> dict:
    """All measures, by embedding: image queries by region and sequence, text queries, tumor regions; and the guesses of labels."""
    return {
        "scans": len(galleries[NETWORK]),
        "subjects": len({one.case.subject for one in galleries[NETWORK]}),
        "images": {
            fact: {
                name: image_precision(gallery, fact, asking, name == HISTOGRAM) for name, gallery in galleries.items()
            }
            for fact in ("region", "sequence")
        },
        "text": {name: text_recall(galleries[name], engine) for name, engine in engines.items() if engine.reads_text},
        "reads_text": engines[NETWORK].reads_text,
        "tumors": {
            place: {name: tumor_precision(gallery, place, name == HISTOGRAM) for name, gallery in galleries.items()}
            for place in ("everywhere", "brain")
        },
        "labels": guessed_labels(galleries[NETWORK]),
        "mislabelled": {fact: mislabelled(galleries[NETWORK], fact) for fact in DOUBTED},
    }


def image_precision(gallery: list[Embedded], fact: str, asking: str, by_hand: bool) -> Precision:
    """Same region or same sequence among the five most similar scans of other subjects."""
    vectors = _vectors([one.vector for one in gallery], by_hand)
    asks = [asking in ("all", one.case.split) for one in gallery]
    return precision_at(vectors, [_known(getattr(one.case, fact)) for one in gallery], _subjects(gallery), asking=asks)


def text_recall(gallery: list[Embedded], engine: Engine) -> Recall:
    """Each distinct caption against all scans; every scan with that very caption is a right answer."""
    captions = sorted({one.case.caption for one in gallery if one.case.caption})
    queries = np.stack([engine.embed_text(caption) for caption in captions])
    right = np.array([[one.case.caption == caption for one in gallery] for caption in captions])
    return recall_at(queries, np.stack([one.vector for one in gallery]), right)


def tumor_precision(gallery: list[Embedded], place: str, by_hand: bool) -> Precision:
    """Tumor regions against all labelled regions: how many of the five most similar ones of other subjects are tumors."""
    regions = [
        (one, name, vector)
        for one in gallery
        if place in ("everywhere", one.case.region)
        for name, vector in one.regions.items()
    ]
    labels = [TUMOR if name == TUMOR else "other" for _, name, _ in regions]
    if TUMOR not in labels:
        return precision_at(np.zeros((0, 1)), [], [])
    vectors = _vectors([vector for _, _, vector in regions], by_hand)
    return precision_at(
        vectors, labels, _subjects([one for one, _, _ in regions]), asking=[label == TUMOR for label in labels]
    )


def guessed_labels(gallery: list[Embedded]) -> dict[str, dict[str, float]]:
    """How often the library's guesses are right: the region of each scan alone, region and sequence by the vote of the nearest scans of
    other subjects. asked: scans whose label is known; guessed: those with a guess; right: of these."""
    found = {"region of a scan alone": [(_known(one.case.region), one.guess) for one in gallery]}
    for fact in ("region", "sequence"):
        found[f"{fact} by neighbours"] = [
            (label, vote(near, scores)) for label, near, scores in _neighbours(gallery, fact, NEIGHBOURS)
        ]
    return {
        what: {
            "asked": sum(label is not None for label, _ in pairs),
            "guessed": sum(label is not None and guess is not None for label, guess in pairs),
            "right": sum(label is not None and label == guess for label, guess in pairs),
        }
        for what, pairs in found.items()
    }


def mislabelled(gallery: list[Embedded], fact: str) -> dict[str, int]:
    """What `library check` would say: each scan once with its label and once with each other label of the gallery in its place.

    scans: with a label; doubted: of these, though the label is right; wrong: labels put in; found: of these, doubted; mended: of
    these, with the right label named instead."""
    asked = [(label, near) for label, near, _ in _neighbours(gallery, fact, WITNESSES) if label is not None]
    known = sorted({label for label, _ in asked})
    wrong = [(label, contradiction(other, near)) for label, near in asked for other in known if other != label]
    return {
        "scans": len(asked),
        "doubted": sum(contradiction(label, near) is not None for label, near in asked),
        "wrong": len(wrong),
        "found": sum(against is not None for _, against in wrong),
        "mended": sum(against is not None and against[0] == label for label, against in wrong),
    }


def _neighbours(gallery: list[Embedded], fact: str, count: int) -> list[tuple[str | None, list[str], list[float]]]:
    """Label of each scan, and labels and similarities of the labelled scans of other subjects that are most like it."""
    vectors, subjects = np.stack([one.vector for one in gallery]), np.array(_subjects(gallery))
    similarity = vectors @ vectors.T
    labels = np.array([_known(getattr(one.case, fact)) for one in gallery], dtype=object)
    found = []
    for row, label in enumerate(labels):
        others = np.flatnonzero((subjects != subjects[row]) & (labels != None))  # noqa: E711 (elementwise)
        near = others[np.argsort(-similarity[row, others], kind="stable")[:count]]
        found.append((label, list(labels[near]), list(similarity[row, near])))
    return found


def _vectors(vectors: list[np.ndarray], by_hand: bool) -> np.ndarray:
    return standardised(np.stack(vectors)) if by_hand else np.stack(vectors)


def _subjects(gallery: list[Embedded]) -> list[str]:
    return [f"{one.case.source}/{one.case.subject}" for one in gallery]


def _known(label: str) -> str | None:
    return None if label in ("", "unknown", "none") else label
