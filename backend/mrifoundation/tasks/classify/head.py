"""A head: a calibrated logistic model over named measurements. Card in JSON, numbers in safetensors; nothing is unpickled."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard, read_card, write_card

INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Head:
    """card, and the arrays:

    mean, scale [F]: of each measurement. coef [K, F], intercept [K]: of the standardised ones, softmax over K classes.
    draws_coef [B, K, F], draws_intercept [B, K]: the same model fitted to resampled patients, for the interval of an answer.
    reference [N, D]: embeddings it was fitted on (unit length a series), empty when it needs none.
    """

    card: HeadCard
    arrays: dict[str, np.ndarray] = field(repr=False)

    def vector(self, values: Mapping[str, float]) -> np.ndarray:
        """The measurements in the order of the model, float64 [F]."""
        return np.array([values[name] for name in self.card.feature_names], dtype=np.float64)

    def probabilities(self, values: Mapping[str, float]) -> tuple[dict[str, float], dict[str, list[float]]]:
        """(class → probability, class → [low, high]): 95 % of what resampled patients would have given."""
        x = (self.vector(values) - self.arrays["mean"]) / self.arrays["scale"]
        point = softmax(self.arrays["coef"] @ x + self.arrays["intercept"])
        draws = softmax(self.arrays["draws_coef"] @ x + self.arrays["draws_intercept"])
        low, high = np.percentile(draws, INTERVAL, axis=0)
        names = self.card.classes
        # The point can lie outside the resampled range when a class is rare; the interval always holds it.
        spans = {n: [float(min(a, p)), float(max(b, p))] for n, a, b, p in zip(names, low, high, point, strict=True)}
        return {name: float(p) for name, p in zip(names, point, strict=True)}, spans

    def contributions(self, values: Mapping[str, float], label: str) -> dict[str, float]:
        """How much each measurement moves the log-odds of class `label` away from the average case."""
        x = (self.vector(values) - self.arrays["mean"]) / self.arrays["scale"]
        row = self.card.classes.index(label)
        coef = self.arrays["coef"]
        weight = coef[row] - np.delete(coef, row, axis=0).mean(axis=0)
        return dict(zip(self.card.feature_names, (weight * x).tolist(), strict=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def save_head(folder: Path, head: Head) -> Head:
    """Write both files, the numbers first, so that a card never stands beside numbers it does not belong to."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers, card = folder / f"{head.card.name}.safetensors", folder / f"{head.card.name}.json"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as scratch:
        draft = Path(scratch) / "numbers"
        content = save({key: np.ascontiguousarray(array) for key, array in head.arrays.items()})
        draft.write_bytes(content)
        saved = replace(head, card=replace(head.card, sha256=hashlib.sha256(content).hexdigest()))
        write_card(Path(scratch) / "card", saved.card)
        card.unlink(missing_ok=True)
        os.replace(draft, numbers)
        os.replace(Path(scratch) / "card", card)
    return saved


def load_head(card_path: Path) -> Head:
    """Raises InputError when a file is missing, damaged or altered."""
    card, numbers = read_card(card_path), card_path.with_suffix(".safetensors")
    try:
        if hashlib.sha256(numbers.read_bytes()).hexdigest() != card.sha256:
            raise InputError(f"The numbers of the head '{card.name}' do not belong to its card; teach the head again.")
        return Head(card, {key: array.astype(np.float64) for key, array in load_file(numbers).items()})
    except (OSError, SafetensorError) as error:
        raise InputError(f"The numbers of the head '{card.name}' cannot be read; teach the head again.") from error
