"""`mrifoundation evaluate retrieval`: do similar scans, regions and sentences find each other, beyond chance and beyond two baselines?"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.library.doubts import DOUBTED
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.console import wide_console
from mrifoundation_training.evaluation.markdown_page import MarkdownPage
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.retrieval_anatomy import Anatomy, anatomy_agreement, disease_agreement
from mrifoundation_training.evaluation.retrieval_gallery import (
    TUMOR,
    Embedded,
    NetworkEmbedder,
    embed_all,
    histogram_embedder,
    known,
    random_engine,
    subjects_of,
)
from mrifoundation_training.evaluation.retrieval_labels import guessed_labels, mislabelled
from mrifoundation_training.evaluation.retrieval_measures import Precision, precision_at, standardised
from mrifoundation_training.evaluation.retrieval_report import as_json, print_summary
from mrifoundation_training.evaluation.retrieval_words import measure_words, trained_captions

NETWORK, UNTRAINED, HISTOGRAM = "network", "same network, random weights", "histogram and size"
ALONE = "{}, embedding alone"
FACTS = ("region", "sequence", "diagnosis", "caption")  # what answers are right or wrong by, beside the labels


def evaluate(
    manifest: Path | str,
    *,
    asking: str = "all",
    sources: Sequence[str] | None = None,
    baselines: bool = True,
    profile: str = "standard",
    output: Path | None = None,
    table: Path | None = None,
    as_json_object: bool = False,
    weights: Path | str | None = None,
) -> int:
    """Embed every image of a manifest and measure retrieval over all of them; prints tables, or one JSON object.

    manifest: what `cases_to_measure` takes; what it does not tell of any scan is not asked about, and that is said. asking: split whose
    scans, with their regions and captions, are the queries ("all" for every one); the gallery is always everything. baselines: also
    random weights, which read every scan again, and histograms. output: a JSON file for the same object; table: Markdown. Gives the
    exit code. Raises InputError for a manifest, split or weights that cannot be used, and where nothing tells which answer is right.
    """
    rows = cases_to_measure(manifest)
    cases = [case for case in rows if case.image and (not sources or case.source in sources)]
    if not cases or (asking != "all" and not any(case.split == asking for case in cases)):
        raise InputError(f"The manifest has no images there for split '{asking}'; choose another split or source.")
    untold = untold_of(cases)
    engine = Engine.load(weights)
    engines = {NETWORK: engine} | ({UNTRAINED: random_engine(engine)} if baselines else {})
    embedders = {name: NetworkEmbedder(one, profile, guess=name == NETWORK) for name, one in engines.items()}
    embedders |= {HISTOGRAM: histogram_embedder} if baselines else {}
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Embedding", total=len(cases))
        galleries, skipped = embed_all(cases, embedders, engine.vocabulary, lambda case: bar.advance(task))
    if not galleries[NETWORK]:
        raise InputError(f"None of the scans can be read; the first: {next(iter(skipped.values()))}")
    found = summarise(galleries, engines, trained_captions(rows), asking)
    if not _asked(found):
        raise InputError(
            "Nothing could be asked of these scans: they tell no region, sequence, diagnosis, caption or tumor that another one is found "
            "by, and too few have labelled volumes. Give more scans, or a manifest CSV with these columns, in the form of the data pack's "
            "volumes.csv."
        )
    found |= {"model": engine.card.model_id, "profile": profile, "asking": asking, "untold": untold, "skipped": skipped}
    told = as_json(found)
    if output is not None:
        Path(output).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if table is not None:
        page = MarkdownPage()
        print_summary(page, found)
        page.write(table)
    if as_json_object:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print_summary(wide_console(), found)
    return 0


def untold_of(cases: Sequence[Case]) -> list[str]:
    """Those of FACTS that are known of none of the scans. Raises InputError when that is all of them and nothing is labelled either."""
    untold = [fact for fact in FACTS if not any(known(getattr(case, fact)) for case in cases)]
    if len(untold) == len(FACTS) and not any(case.labels and case.table for case in cases):
        raise InputError(
            "Nothing tells which scans are alike: no region, sequence, diagnosis, caption or labels of any of them. Give a manifest CSV "
            "with one of these columns, in the form of the data pack's volumes.csv, or shards of one."
        )
    return untold


def _asked(found: dict) -> bool:
    precisions = [one for part in ("images", "tumors") for group in found[part].values() for one in group.values()]
    words = any(group for by_embedding in found["words"].values() for group in by_embedding.values())
    return bool(any(one.queries for one in precisions) or found["anatomy"] or found["disease"] or words)


def summarise(
    galleries: dict[str, list[Embedded]], engines: dict[str, Engine], trained: frozenset[str], asking: str
) -> dict:
    """All measures, by embedding: image queries by region, sequence, anatomy and disease, words, tumor regions; and the guesses of labels.

    trained: captions that may have trained."""
    compared = compared_by(galleries)
    asks = _asks(galleries[NETWORK], asking)
    readers = {name: engine for name, engine in engines.items() if engine.reads_text}
    return {
        "scans": len(galleries[NETWORK]),
        "subjects": len({one.case.subject for one in galleries[NETWORK]}),
        "images": {
            fact: {
                name: image_precision(gallery, vectors, fact, asking) for name, (gallery, vectors) in compared.items()
            }
            for fact in ("region", "sequence")
        },
        "anatomy": by_source(galleries[NETWORK], compared, asking, _anatomy),
        "disease": by_source(galleries[NETWORK], compared, asking, _disease),
        "words": measure_words(galleries, readers, trained, asks),
        "reads_text": NETWORK in readers,
        "tumors": {
            place: {
                name: tumor_precision(gallery, place, name == HISTOGRAM, asking) for name, gallery in galleries.items()
            }
            for place in ("everywhere", "brain")
        },
        "labels": guessed_labels(galleries[NETWORK], asks),
        "mislabelled": {fact: mislabelled(galleries[NETWORK], fact, asks) for fact in DOUBTED},
    }


def compared_by(galleries: dict[str, list[Embedded]]) -> dict[str, tuple[list[Embedded], np.ndarray]]:
    """What whole scans are compared by: the likeness of each embedder, hand-made features, and the embeddings of networks alone."""
    found = {
        name: (gallery, _vectors([one.likeness for one in gallery], name == HISTOGRAM))
        for name, gallery in galleries.items()
    }
    return found | {
        ALONE.format(name): (galleries[name], _vectors([one.vector for one in galleries[name]], False))
        for name in (NETWORK, UNTRAINED)
        if name in galleries
    }


def image_precision(gallery: list[Embedded], vectors: np.ndarray, fact: str, asking: str) -> Precision:
    """Same region or same sequence among the five most similar scans of other subjects."""
    labels = [known(getattr(one.case, fact)) for one in gallery]
    return precision_at(vectors, labels, subjects_of(gallery), asking=_asks(gallery, asking))


def by_source(
    gallery: list[Embedded],
    compared: dict[str, tuple[list[Embedded], np.ndarray]],
    asking: str,
    measure: Callable[[list[Embedded], np.ndarray, str], Anatomy | Precision | None],
) -> dict[str, dict[str, Anatomy | Precision]]:
    """source → what is compared by → measure, over the scans of one source each; sources that cannot answer are left out."""
    found = {}
    for source in sorted({one.case.source for one in gallery}):
        rows = [n for n, one in enumerate(gallery) if one.case.source == source]
        one_source = {
            name: measure([scans[n] for n in rows], vectors[rows], asking)
            for name, (scans, vectors) in compared.items()
        }
        if all(value is not None and value.queries for value in one_source.values()):
            found[source] = one_source
    return found


def _anatomy(gallery: list[Embedded], vectors: np.ndarray, asking: str) -> Anatomy:
    return anatomy_agreement(vectors, [one.volumes for one in gallery], subjects_of(gallery), _asks(gallery, asking))


def _disease(gallery: list[Embedded], vectors: np.ndarray, asking: str) -> Precision | None:
    diagnoses = [known(one.case.diagnosis) for one in gallery]
    return disease_agreement(vectors, diagnoses, subjects_of(gallery), _asks(gallery, asking))


def _asks(gallery: list[Embedded], asking: str) -> list[bool]:
    return [asking in ("all", one.case.split) for one in gallery]


def tumor_precision(gallery: list[Embedded], place: str, by_hand: bool, asking: str) -> Precision:
    """Tumor regions of scans that ask against all labelled regions: how many of the five most similar ones of other subjects are tumors."""
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
    scans = [one for one, _, _ in regions]
    asks = [asks and label == TUMOR for asks, label in zip(_asks(scans, asking), labels, strict=True)]
    return precision_at(vectors, labels, subjects_of(scans), asking=asks)


def _vectors(vectors: list[np.ndarray], by_hand: bool) -> np.ndarray:
    return standardised(np.stack(vectors)) if by_hand else np.stack(vectors)
