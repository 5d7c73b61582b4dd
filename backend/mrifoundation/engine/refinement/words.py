"""What a contour is in words, as the network answers them: logits on every grid of an encoding where it does."""

from dataclasses import dataclass, field

import numpy as np

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.refinement.window import Window


@dataclass(frozen=True, eq=False)
class Words:
    """own: float32 [x, y, z] on the encoding's working grid; near: the same on those of its close-ups, by their place, of which the
    structure is one."""

    own: np.ndarray
    near: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return self.own.nbytes + sum(logits.nbytes for logits in self.near.values())


def seen_closest(encoding: Encoding, words: Words | None, window: Window) -> tuple[Encoding, np.ndarray | None]:
    """The close-up that shows all of a window, else the encoding itself, with the logits of the words there: where something was said, only
    a close-up that answers it."""
    for place, near in encoding.close_ups.items():
        if _shows(near, window) and (words is None or place in words.near):
            return near, words and words.near[place]
    return encoding, words and words.own


def _shows(encoding: Encoding, window: Window) -> bool:
    grid = encoding.grid
    return all(
        grid.start[a] - 0.5 * grid.step[a] <= part.start
        and part.stop - 1 <= grid.start[a] + (grid.shape[a] - 0.5) * grid.step[a]
        for a, part in enumerate(window.box)
    )
