"""A named region, and several of them as one label map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.sendable import sendable

Colour = tuple[int, int, int]
LONGEST_NAME = 200


@dataclass(frozen=True, eq=False)
class Segment:
    """mask: bool [i, j, k]. colour: red, green, blue, 0 to 255, None where the file says none. tg263: the name by AAPM TG-263, where it
    differs from what the vocabulary gives. value: in the label map that it was read from. What a file calls it is cut to LONGEST_NAME
    characters that can be sent."""

    name: str
    mask: np.ndarray
    colour: Colour | None = None
    tg263: str | None = None
    value: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "name", sendable(self.name[:LONGEST_NAME]))


def colour_of(parts: Sequence[float]) -> Colour | None:
    """What a file states as red, green and blue, 0 to 255; None where that is no colour."""
    if len(parts) != 3 or not all(0 <= part <= 255 for part in parts):
        return None
    red, green, blue = map(round, parts)
    return red, green, blue


def label_map(segments: Sequence[Segment]) -> np.ndarray:
    """uint16 [i, j, k], value n for the n-th segment. Raises InputError when two segments overlap."""
    labels = np.zeros(segments[0].mask.shape, np.uint16)
    for value, segment in enumerate(segments, start=1):
        taken = labels[segment.mask]
        if taken.any():
            other = segments[int(taken[taken > 0][0]) - 1].name
            raise InputError(
                f"'{other}' and '{segment.name}' overlap, and this format holds one label a voxel; "
                "export one of them, or use seg.nrrd, DICOM SEG or RTSTRUCT."
            )
        labels[segment.mask] = value
    return labels


def label_layers(segments: Sequence[Segment]) -> tuple[np.ndarray, list[int]]:
    """uint16 [i, j, k, layer], value n for the n-th segment, and the layer of each; in no layer do two overlap."""
    layers: list[np.ndarray] = []
    places = []
    for value, segment in enumerate(segments, start=1):
        place = next((n for n, layer in enumerate(layers) if not layer[segment.mask].any()), len(layers))
        if place == len(layers):
            layers.append(np.zeros(segment.mask.shape, np.uint16))
        layers[place][segment.mask] = value
        places.append(place)
    return np.stack(layers, axis=-1), places


def overlapping(segments: Sequence[Segment]) -> bool:
    """Whether a voxel belongs to more than one of them."""
    seen = np.zeros(segments[0].mask.shape, bool)
    for segment in segments:
        if seen[segment.mask].any():
            return True
        seen |= segment.mask
    return False
