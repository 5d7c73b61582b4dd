"""The colour of each row of a table."""

import colorsys
from collections.abc import Sequence

from mrifoundation.anatomy import Vocabulary

Colour = tuple[int, int, int]


def row_colours(table: Sequence[dict], vocabulary: Vocabulary) -> list[Colour]:
    """The vocabulary's colour for each row, or for its first part, moved apart where two would be the same."""
    colours: list[Colour] = []
    for row in table:
        names = [row["name"], *(part["name"] for part in row["parts"])]
        known = next((vocabulary[name].colour for name in names if name in vocabulary), None)
        colour = tuple(known) if known else _turned(len(colours))
        for turn in range(len(table)):
            if colour not in colours:
                break
            colour = _turned(len(colours) + turn)
        colours.append(colour)
    return colours


def _turned(number: int) -> Colour:
    """Colours far apart on the wheel: each turns by the golden angle."""
    return tuple(round(255 * c) for c in colorsys.hsv_to_rgb((number * 0.381966) % 1.0, 0.75, 0.95))
