"""Measured sizes in words, each beside a larger and a smaller one that it surely is not."""

import numpy as np

from mrifoundation_training.reports.parts import Part

# How many times larger or smaller: more than outlines by different hands, or the grid of an example, can differ by.
APART = (1.8, 3.0)
MILLILITRES = ("mL", "ml", "cc", "cm³")


def volume(rng: np.random.Generator, ml: float) -> Part:
    """mL."""
    if ml >= 1000 and rng.random() < 0.5:
        return _part(rng, ml / 1000, str(rng.choice(["L", "litres"])))
    return _part(rng, ml, str(rng.choice(MILLILITRES)))


def length(rng: np.random.Generator, mm: float) -> Part:
    """mm."""
    return _part(rng, mm / 10, "cm") if mm >= 10 and rng.random() < 0.5 else _part(rng, mm, "mm")


def otherwise(rng: np.random.Generator, value: float) -> tuple[str, str]:
    """A larger and a smaller number."""
    return _digits(value * rng.uniform(*APART)), _digits(value / rng.uniform(*APART))


def _part(rng: np.random.Generator, value: float, unit: str) -> Part:
    return Part(f"{_digits(value)} {unit}", tuple(f"{one} {unit}" for one in otherwise(rng, value)))


def _digits(value: float) -> str:
    """Two of them that count: 1,400; 32; 0.43."""
    return f"{float(f'{value:.2g}'):,.10g}"
