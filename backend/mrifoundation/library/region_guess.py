"""Which part of the body a scan shows, where its source does not say: by the words that fit it best, or by landmarks for weights that
do not read words."""

from functools import lru_cache

import numpy as np

from mrifoundation.engine import Encoding, Engine

# What each region is called in a sentence.
REGIONS = {
    "brain": "brain",
    "fetal-brain": "fetal brain",
    "head-neck": "head and neck",
    "heart": "heart",
    "abdomen": "abdomen",
    "prostate": "prostate",
    "cervical-spine": "cervical spine",
    "lumbar-spine": "lumbar spine",
    "knee": "knee",
    "lower-leg": "lower leg",
    "extremity": "extremity",
}
SENTENCES = ("MRI of the {}.", "A scan of the {}.", "{} MRI.", "The {} is imaged.")
LEAST_FIT = 0.25  # cosine similarity below which no region's words fit

# A few structures of each region, of which at least one is in view in most scans of it.
LANDMARKS = {
    "brain": ("thalamus", "cerebral white matter", "anterior hippocampus"),
    "fetal-brain": ("fetal brain",),
    "heart": ("left ventricle cavity of the heart", "left ventricular myocardium"),
    "abdomen": ("liver", "spleen", "kidney"),
    "knee": ("femoral cartilage",),
    "prostate": ("prostate transition zone",),
    "cervical-spine": ("spinal cord gray matter",),
    "extremity": ("soft-tissue sarcoma",),
}


def guess_region(engine: Engine, encoding: Encoding) -> str | None:
    """The region that a scan most probably shows; None when nothing fits."""
    return _by_words(engine, encoding) if engine.reads_text else _by_landmarks(engine, encoding)


def _by_words(engine: Engine, encoding: Encoding) -> str | None:
    fit = _said(engine) @ engine.embed(encoding)
    return list(REGIONS)[int(fit.argmax())] if fit.max() >= LEAST_FIT else None


@lru_cache(maxsize=1)
def _said(engine: Engine) -> np.ndarray:
    """Unit vectors float32 [regions, D]; means over several phrasings, so that no single wording decides."""
    means = [
        np.mean([engine.embed_text(phrase.format(name)) for phrase in SENTENCES], axis=0) for name in REGIONS.values()
    ]
    return np.stack(means) / np.linalg.norm(means, axis=1, keepdims=True)


def _by_landmarks(engine: Engine, encoding: Encoding) -> str | None:
    known = {
        name: region for region, names in LANDMARKS.items() for name in names if engine.knows(engine.vocabulary[name])
    }
    if not known:
        return None
    rows = [row for row in engine.segment(encoding, list(known)).table if row["in_view"]]
    return known[max(rows, key=lambda row: row["presence"])["prompt"]] if rows else None
