"""A sentence against its opposite, with no training case at all."""

import math

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.classification import OVER_PHRASINGS, Classification, Evidence
from mrifoundation.tasks.classify.classify import RESEARCH
from mrifoundation.tasks.classify.heat_map import AS_ATTRIBUTED, occlusion
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.volume import Scan

PHRASINGS = ("{}", "Findings: {}", "Impression: {}", "The scan shows: {}")
CAUTION = (
    "Zero-shot: no case was learned from, so this is far less certain than a fitted head, and it is not calibrated."
)


def zero_shot(
    engine: Engine, encoding: Encoding, sentence: str, versus: str, scan: Scan | None = None, heat: bool = True
) -> Classification:
    """Which of two sentences the scan lies nearer to; several phrasings of each are averaged; the interval is their range, which
    says nothing of how often such an answer is right.

    scan: is looked at for noise first. heat: whether to make the heat map, which takes about a second.
    Raises InputError when a sentence is empty, both are the same, or the weights were not trained on words.
    """
    sentence, versus = (" ".join(text.split()) for text in (sentence, versus))
    if not sentence or not versus or sentence.lower() == versus.lower():
        raise InputError(
            "Give a sentence and its opposite (--sentence 'brain with a tumor' --versus 'brain without a tumor')."
        )
    title = f"{sentence} / {versus}"
    if scan is not None and (problem := problem_of(scan)):
        return Classification(
            "zero-shot", title, False, f"Nothing can be told from '{scan.name}': {problem}.", caution=RESEARCH
        )
    texts = [np.stack([engine.embed_text(form.format(text)) for form in PHRASINGS]) for text in (sentence, versus)]
    here = engine.embed(encoding)
    each = engine.text_scale * ((texts[0] - texts[1]) @ here)
    chance, low, high = (_sigmoid(float(v)) for v in (each.mean(), each.min(), each.max()))
    direction = (texts[0] - texts[1]).mean(axis=0)
    similar = [float(text.mean(axis=0) @ here) for text in texts]
    facts = [
        Evidence(
            "similarity",
            round(value, 4),
            "",
            f"Similarity to '{text}', mean of {len(PHRASINGS)} phrasings: {value:.3f}.",
        )
        for text, value in zip((sentence, versus), similar, strict=True)
    ]
    map_shown = occlusion(engine, encoding, lambda embedding: float(embedding @ direction)) if heat else None
    return Classification(
        "zero-shot",
        title,
        True,
        probabilities={sentence: chance, versus: 1 - chance},
        intervals={sentence: [low, high], versus: [1 - high, 1 - low]},
        evidence=facts,
        caution=f"{CAUTION} {RESEARCH}",
        heat_map=map_shown,
        interval_kind=OVER_PHRASINGS,
        heat_map_shows="" if map_shown is None else AS_ATTRIBUTED.format(answer=f"“{sentence}”"),
    )


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
