"""Where that lies which the sentences of a report tell of, and how the scene keeps it. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float, float]
_CORNERS = 4


@dataclass(frozen=True)
class Place:
    """A sentence, and of what it tells of the middle, the name and the box around it: in RAS mm as the backend gives them, in voxels of the
    scan as the scene keeps them, so that they go along when the scan is moved.

    box: a corner and its three neighbours, which say all of a box however it is turned; empty where none is known.
    """

    sentence: str
    center: Point
    structure: str = ""
    box: tuple[Point, ...] = ()

    def moved(self, matrix: np.ndarray) -> Place:
        """The same after a 4×4 matrix."""

        def move(point: Point) -> Point:
            return tuple((matrix @ [*point, 1.0])[:3].tolist())

        return Place(self.sentence, move(self.center), self.structure, tuple(map(move, self.box)))


def places_of(sections: Sequence[dict]) -> list[Place]:
    """Of the sentences among those of a report that tell of something with a place, in their order."""
    sentences = [sentence for section in sections for sentence in section["sentences"]]
    located = [one for one in sentences if one["facts"].get("center_ras_mm")]
    return [_told(one["text"], one["facts"]) for one in located]


def keep(places: Sequence[Place]) -> str:
    """The text for these places."""
    return json.dumps([[place.sentence, place.center, place.structure, place.box] for place in places])


def recall(text: str) -> list[Place]:
    """The places back from the text; what cannot be read, as in a scene that was edited by hand, is none."""
    try:
        return [_read(*told) for told in json.loads(text)]
    except (ValueError, TypeError):
        return []


def _told(sentence: str, facts: dict) -> Place:
    low, high = facts.get("box_ras_mm") or ((), ())
    neighbours = [(*low[:axis], high[axis], *low[axis + 1 :]) for axis in range(len(low))]
    box = (tuple(low), *neighbours) if neighbours else ()
    return Place(sentence, tuple(facts["center_ras_mm"]), facts.get("structure", ""), box)


def _read(sentence, center, structure="", box=()) -> Place:
    """Scenes of before boxes were drawn have sentences and middles only."""
    corners = tuple(map(_point, box))
    return Place(str(sentence), _point(center), str(structure), corners if len(corners) == _CORNERS else ())


def _point(numbers) -> Point:
    i, j, k = numbers
    return float(i), float(j), float(k)
