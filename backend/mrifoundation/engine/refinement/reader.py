"""Reading a mark: two small networks, shown many simulated clicks, say of every point whether the newest mark speaks for it.

`draw` reads marks alone, `correct` a mark on a contour that is there. They know no structure: all they see are the columns of `clues`.
Fitted by `python -m mrifoundation_training.clicks`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from mrifoundation.engine.refinement.window import Window

FOLDER = Path(__file__).parent / "readers"
SUREST = 4.0  # largest logit
FURTHEST = 6.0  # deviations beyond which a clue says no more

Read = Callable[[np.ndarray, Window], np.ndarray]
"""Clues float32 [points of the window, n] → logits float32 [points] that a point is as the newest mark says."""


@dataclass(frozen=True)
class Readers:
    """Who reads the marks of a contour."""

    draw: Read
    correct: Read


@dataclass(frozen=True, eq=False)
class Reader:
    """A perceptron. layers: weights [n, m] and biases [m] of each; mean, spread [n]: of the clues that it was fitted to."""

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def load(cls, path: Path) -> "Reader":
        """From the safetensors file that `arrays` was written to."""
        arrays = load_file(path)
        count = sum(name.startswith("weight") for name in arrays)
        layers = tuple((arrays[f"weight{n}"], arrays[f"bias{n}"]) for n in range(count))
        return cls(layers, arrays["mean"], arrays["spread"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Its numbers by name."""
        named = {f"weight{n}": weights for n, (weights, _) in enumerate(self.layers)}
        named |= {f"bias{n}": bias for n, (_, bias) in enumerate(self.layers)}
        return named | {"mean": self.mean, "spread": self.spread}

    def __call__(self, table: np.ndarray, _window: Window) -> np.ndarray:
        values = np.clip((table - self.mean) / self.spread, -FURTHEST, FURTHEST)
        for weights, bias in self.layers[:-1]:
            values = values @ weights
            values += bias
            np.maximum(values, 0, out=values)
        weights, bias = self.layers[-1]
        return np.clip((values @ weights)[:, 0] + bias, -SUREST, SUREST)


@cache
def shipped() -> Readers:
    """The readers that come with the package."""
    return Readers(Reader.load(FOLDER / "draw.safetensors"), Reader.load(FOLDER / "correct.safetensors"))
