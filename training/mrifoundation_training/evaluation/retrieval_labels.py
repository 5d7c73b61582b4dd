"""How often the library's guesses of region and sequence are right, and whether its doubts find labels that are wrong."""

from collections.abc import Sequence

import numpy as np

from mrifoundation.library.doubts import NEIGHBOURS as WITNESSES
from mrifoundation.library.doubts import contradiction
from mrifoundation.library.neighbour_facts import NEIGHBOURS, vote
from mrifoundation_training.evaluation.retrieval_gallery import Embedded, known, subjects_of


def guessed_labels(gallery: list[Embedded], asks: Sequence[bool]) -> dict[str, dict[str, float]]:
    """How often the library's guesses are right for the scans that ask: the region of each scan alone, region and sequence by the vote of
    the nearest scans of other subjects. asked: scans whose label is known; guessed: those with a guess; right: of these."""
    asking = [one for one, its in zip(gallery, asks, strict=True) if its]
    found = {"region of a scan alone": [(known(one.case.region), one.guess) for one in asking]}
    for fact in ("region", "sequence"):
        found[f"{fact} by neighbours"] = [
            (label, vote(near, scores)) for label, near, scores in _neighbours(gallery, fact, NEIGHBOURS, asks)
        ]
    return {
        what: {
            "asked": sum(label is not None for label, _ in pairs),
            "guessed": sum(label is not None and guess is not None for label, guess in pairs),
            "right": sum(label is not None and label == guess for label, guess in pairs),
        }
        for what, pairs in found.items()
    }


def mislabelled(gallery: list[Embedded], fact: str, asks: Sequence[bool]) -> dict[str, int]:
    """What `library check` would say: each scan that asks once with its label and once with each other label of the gallery in its place.

    scans: with a label; doubted: of these, though the label is right; wrong: labels put in; found: of these, doubted; mended: of
    these, with the right label named instead."""
    asked = [(label, near) for label, near, _ in _neighbours(gallery, fact, WITNESSES, asks) if label is not None]
    labels = sorted({label for one in gallery if (label := known(getattr(one.case, fact)))})
    wrong = [(label, contradiction(other, near)) for label, near in asked for other in labels if other != label]
    return {
        "scans": len(asked),
        "doubted": sum(contradiction(label, near) is not None for label, near in asked),
        "wrong": len(wrong),
        "found": sum(against is not None for _, against in wrong),
        "mended": sum(against is not None and against[0] == label for label, against in wrong),
    }


def _neighbours(
    gallery: list[Embedded], fact: str, count: int, asks: Sequence[bool]
) -> list[tuple[str | None, list[str], list[float]]]:
    """Label of each scan that asks, and labels and similarities of the labelled scans of other subjects that are most like it."""
    vectors, subjects = np.stack([one.vector for one in gallery]), np.array(subjects_of(gallery))
    similarity = vectors @ vectors.T
    labels = np.array([known(getattr(one.case, fact)) for one in gallery], dtype=object)
    found = []
    for row in np.flatnonzero(asks):
        others = np.flatnonzero((subjects != subjects[row]) & (labels != None))  # noqa: E711 (elementwise)
        near = others[np.argsort(-similarity[row, others], kind="stable")[:count]]
        found.append((labels[row], list(labels[near]), list(similarity[row, near])))
    return found
