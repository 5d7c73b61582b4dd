"""Where that lies which the sentences of a report tell of, and how the scene keeps it. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Place:
    """A sentence and the middle of what it tells of: in RAS mm as the backend gives it, in voxels of the scan as the scene keeps it, so
    that it goes along when the scan is moved."""

    sentence: str
    center: tuple[float, float, float]

    def moved(self, matrix: np.ndarray) -> Place:
        """The same after a 4×4 matrix."""
        return Place(self.sentence, tuple((matrix @ [*self.center, 1.0])[:3].tolist()))


def places_of(sections: Sequence[dict]) -> list[Place]:
    """Of the sentences among those of a report that tell of something with a place, in their order."""
    sentences = [sentence for section in sections for sentence in section["sentences"]]
    located = [one for one in sentences if one["facts"].get("center_ras_mm")]
    return [Place(one["text"], tuple(one["facts"]["center_ras_mm"])) for one in located]


def keep(places: Sequence[Place]) -> str:
    """The text for these places."""
    return json.dumps([[place.sentence, place.center] for place in places])


def recall(text: str) -> list[Place]:
    """The places back from the text; what cannot be read, as in a scene that was edited by hand, is none."""
    try:
        return [Place(str(sentence), (float(i), float(j), float(k))) for sentence, (i, j, k) in json.loads(text)]
    except (ValueError, TypeError):
        return []
