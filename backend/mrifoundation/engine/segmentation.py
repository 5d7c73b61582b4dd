"""The answer to a list of prompts: a label map on the scan's own grid and a table."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The result of `Engine.segment`.

    labels: uint8 (uint16 beyond 255 prompts) on the scan's grid [i, j, k]; value i = i-th row. affine: index → RAS mm.
    table: one dict a row: prompt, name, value, volume_ml, center_ras_mm, presence, in_view, explanation, parts, tested.
    understood: how each prompt was read, plain sentences. suggestions: nearest known names of prompts that were not
    known as written. notes: what not to rely on, plain sentences.
    """

    labels: np.ndarray
    affine: np.ndarray
    table: list[dict[str, Any]]
    understood: list[str]
    suggestions: dict[str, list[str]]
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> dict[int, str]:
        """Value → name, as label map files keep them."""
        return {row["value"]: row["name"] for row in self.table}
