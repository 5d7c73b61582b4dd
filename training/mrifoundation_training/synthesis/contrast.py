"""How bright each structure is: fully random contrasts (Billot et al., SynthSeg, 2023) mixed with tissue priors of common sequences."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import yaml

SEQUENCES = ("T1", "T2", "FLAIR", "PD")


@lru_cache(maxsize=1)
def _tissues() -> tuple[dict[str, list[float]], dict[str, str]]:
    content = yaml.safe_load((files(__package__) / "tissues.yaml").read_text(encoding="utf-8"))
    return content["signal"], content["match"]


@lru_cache(maxsize=4096)
def tissue_of(name: str) -> str | None:
    """The tissue whose signal a structure shares, or None when the table has none for it."""
    return next((tissue for word, tissue in _tissues()[1].items() if word in name), None)


def draw_contrast(
    rng: np.random.Generator, names: tuple[str, ...], realistic: float
) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Mean and standard deviation of each label's signal, float32 [labels], and the sequence they look like, None for none;
    label 0 (no name) gets a random signal.

    realistic: probability that a sequence's tissue priors are used. Left and right of a structure share their contrast.
    """
    signal, _ = _tissues()
    column = rng.choice(4, p=(0.6, 0.2, 0.12, 0.08)) if rng.random() < realistic else None
    # One draw a tissue: white matter of brain and cerebellum look alike in any real sequence.
    shift = {tissue: rng.normal(0, 0.05) for tissue in signal}
    drawn: dict[str, tuple[float, float]] = {}
    noise = rng.uniform(0.01, 0.07)
    for name in names:
        key = _sideless(name)
        if key not in drawn:
            tissue = tissue_of(name)
            if column is not None and tissue:
                drawn[key] = (
                    signal[tissue][column] + shift[tissue] + rng.normal(0, 0.02),
                    noise * rng.uniform(0.5, 1.5),
                )
            else:
                drawn[key] = (rng.uniform(0, 1), rng.uniform(0, 0.12))
    means, deviations = zip(*(drawn[_sideless(name)] for name in names), strict=True)
    sequence = None if column is None else SEQUENCES[column]
    return np.array(means, np.float32), np.array(deviations, np.float32), sequence


def _sideless(name: str) -> str:
    return name.removeprefix("left ").removeprefix("right ")
