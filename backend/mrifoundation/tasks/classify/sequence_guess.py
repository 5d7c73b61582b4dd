"""Which sequence a scan is most like, and whether with contrast agent: by the nearest of a few sentences."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.tasks.classify.head import softmax

SENTENCES = {
    "T1": "T1-weighted MRI.",
    "T1 with contrast agent": "Contrast-enhanced T1-weighted MRI.",
    "T2": "T2-weighted MRI.",
    "FLAIR": "FLAIR MRI.",
    "PD": "Proton-density-weighted MRI.",
    "cine": "Short-axis cine MRI of the heart.",
}
SURE = 0.8  # least probability from which a sequence is named; of training scans wrong guesses reach 0.61, right ones mostly pass 0.9


@dataclass(frozen=True)
class SequenceGuess:
    """name: such as "T1" or "cine"; contrast_agent: whether one was given; probability: of this against the other sentences."""

    name: str
    contrast_agent: bool
    probability: float


def guess_sequence(engine: Engine, encoding: Encoding) -> SequenceGuess | None:
    """None where the weights cannot read words or no sentence stands out."""
    if not engine.reads_text:
        return None
    here = engine.embed(encoding)
    similar = np.array([engine.embed_text(sentence) @ here for sentence in SENTENCES.values()])
    chance = softmax(engine.text_scale * similar)
    best = int(np.argmax(chance))
    if chance[best] < SURE:
        return None
    name = list(SENTENCES)[best]
    return SequenceGuess(name.split(" with ")[0], "contrast agent" in name, round(float(chance[best]), 3))
