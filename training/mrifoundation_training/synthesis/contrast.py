"""How bright each structure is: fully random contrasts (Billot et al., SynthSeg, 2023) mixed with tissue priors of common sequences."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import yaml

from mrifoundation.anatomy.entries import sideless

SEQUENCES = ("T1", "T2", "FLAIR", "PD")
BRAIN_SHARES = (0.6, 0.2, 0.12, 0.08)  # how often each is drawn
OTHER_SHARES = (0.42, 0.42, 0.0, 0.16)  # nobody nulls the fluid of a spine or a knee
T2_SHARES = (0.15, 0.75, 0.0, 0.1)  # zones of a prostate show in T2 alone, and unborn brains are scanned in it
SHARES = {"brain": BRAIN_SHARES, "head-neck": BRAIN_SHARES, "prostate": T2_SHARES, "fetal-brain": T2_SHARES}
# What lies around structures of which a map says nothing more.
SOFT_TISSUES = ("fat", "fat", "muscle", "muscle", "bowel", "fluid", "vessel", "marrow", "liver", "air")


@lru_cache(maxsize=1)
def _table() -> dict[str, dict]:
    return yaml.safe_load((files(__package__) / "tissues.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def tissue_of(name: str) -> str | None:
    """The tissue whose signal a structure shares, or None when the table has none for it."""
    return next((tissue for word, tissue in _table()["match"].items() if word in name), None)


def texture_of(name: str) -> float | None:
    """How much a structure varies inside, as a share of its signal, or None where the table does not say."""
    return _table()["texture"].get(tissue_of(name))


def shares_in(region: str) -> tuple[float, ...]:
    """How often each of SEQUENCES is drawn for scans of a region."""
    return SHARES.get(region, OTHER_SHARES)


def draw_contrast(
    rng: np.random.Generator, names: tuple[str, ...], realistic: float, shares: tuple[float, ...] = BRAIN_SHARES
) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Mean and standard deviation of each label's signal, float32 [labels], and the sequence they look like, None for none;
    label 0 (no name) gets a random signal.

    realistic: probability that a sequence's tissue priors are used; shares: how often each of SEQUENCES then is. Left and right of a
    structure share their contrast.
    """
    signal, spread = _table()["signal"], _table()["spread"]
    column = rng.choice(4, p=shares) if rng.random() < realistic else None
    # One draw a tissue: white matter of brain and cerebellum look alike in any real sequence.
    shift = {tissue: rng.normal(0, spread.get(tissue, 0.05)) for tissue in signal}
    drawn: dict[str, tuple[float, float]] = {}
    noise = rng.uniform(0.01, 0.07)
    for name in names:
        key = sideless(name)
        if key not in drawn:
            tissue = tissue_of(name)
            if column is not None and tissue:
                drawn[key] = (
                    signal[tissue][column] + shift[tissue] + rng.normal(0, 0.02),
                    noise * rng.uniform(0.5, 1.5),
                )
            else:
                drawn[key] = (rng.uniform(0, 1), rng.uniform(0, 0.12))
    means, deviations = zip(*(drawn[sideless(name)] for name in names), strict=True)
    sequence = None if column is None else SEQUENCES[column]
    return np.array(means, np.float32), np.array(deviations, np.float32), sequence


def draw_surroundings(rng: np.random.Generator, count: int, sequence: str | None) -> np.ndarray:
    """Signals of `count` unnamed tissues, float32: of soft tissues in the sequence, or anything where there is none."""
    if sequence is None:
        return rng.uniform(0, 1, count).astype(np.float32)
    usual = np.array([signal_of(tissue, sequence) for tissue in rng.choice(SOFT_TISSUES, count)], np.float32)
    return usual + rng.normal(0, 0.07, count).astype(np.float32)


def signal_of(tissue: str, sequence: str) -> float:
    """Of a tissue in one of SEQUENCES, before anybody's own differences."""
    return _table()["signal"][tissue][SEQUENCES.index(sequence)]
