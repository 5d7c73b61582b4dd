"""What is asked of a library, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mrifoundation.library.case import Case


@dataclass(frozen=True, eq=False)
class Question:
    """embedding: float32 [D], unit: of a scan, of words, of both (their mean), or of a region; None to go by words alone.
    likeness: float32 [LENGTH], unit, of a whole scan without words: it takes the place of the embedding, which cannot tell patients apart.
    of_region: whether to compare with the structures of each case instead of whole scans. words: what captions and reports are searched
    for as well. filters: see `filters.condition`. collections: only these. exclude_content, exclude_patient: the scan that asks (content
    hashes), and its patient as `Case.patient` tells it."""

    embedding: np.ndarray | None = None
    likeness: np.ndarray | None = None
    of_region: bool = False
    words: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    collections: Sequence[str] | None = None
    k: int = 10
    exclude_content: tuple[str, ...] = ()
    exclude_patient: str | None = None


@dataclass(frozen=True, eq=False)
class Hit:
    """score: cosine similarity, at most 1; percentile: share of the searched cases (0–100) that are less similar. Both are None where only
    words were compared. structure: the structure of the case that fits best, when a region was asked for."""

    case: Case
    score: float | None
    percentile: float | None
    structure: str | None = None


@dataclass(frozen=True, eq=False)
class Hits:
    """hits: best first. searched: cases that were compared. notes: plain sentences about what was left out and why."""

    hits: tuple[Hit, ...]
    searched: int
    notes: tuple[str, ...] = ()
