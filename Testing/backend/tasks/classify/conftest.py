"""Heads fitted on the fly, to numbers whose answer is known."""

import numpy as np
import pytest

from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.fitting import Cases, fit_head


@pytest.fixture(scope="session")
def separable():
    """24 people of two classes, two scans each: one number tells them apart, one is noise, embeddings of 8."""
    random = np.random.default_rng(1)
    people = np.repeat([f"p{n:02d}" for n in range(24)], 2)
    labels = np.repeat(["healthy", "ill"] * 12, 2)
    signal = np.where(labels == "ill", 1.5, -1.5) + random.normal(0, 1, 48)
    values = np.stack([signal, random.normal(0, 1, 48)], axis=1)
    return Cases(values, ("volume", "noise"), labels, people, random.normal(size=(48, 8)) + 4)


@pytest.fixture(scope="session")
def card():
    return HeadCard(
        name="test-disease",
        title="Test disease",
        question="Ill?",
        classes=("healthy", "ill"),
        positive="ill",
        kinds=("lesion",),
    )


@pytest.fixture(scope="session")
def head(card, separable):
    return fit_head(card, separable, {"noise only": separable.columns(["noise"])})
