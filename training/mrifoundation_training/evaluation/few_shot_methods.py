"""What learns from few annotations: a query on frozen features, and a network trained on them alone."""

from collections.abc import Callable, Sequence

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.cleanup import drop_crumbs
from mrifoundation.engine.label_painter import LabelPainter
from mrifoundation.engine.taught.cells import Cells, cells_of, marked
from mrifoundation.engine.taught.query_fit import fit_query, query_logits
from mrifoundation.volume import Scan
from mrifoundation_training.evaluation.few_shot_tasks import Shot
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe, train_from_scratch

Answer = Callable[[Scan], np.ndarray]
"""A scan → where the structure is, bool [i, j, k] on its own grid."""


def taught(engine: Engine, shots: Sequence[Shot], profile: str) -> Answer:
    """The product's way: a query fitted to the features of an engine's frozen network. Without its check of presence: what is asked
    for is in view in every scan that is scored."""
    return answering(engine, fit_query(lessons_of(engine, shots, profile)), profile)


def lessons_of(engine: Engine, shots: Sequence[Shot], profile: str) -> list[Cells]:
    """What each annotated scan has to teach."""
    return [_lesson(engine.encode(shot.scan, profile), shot) for shot in shots]


def answering(engine: Engine, query: tuple[np.ndarray, float], profile: str) -> Answer:
    """The answer that a fitted query gives."""

    def answer(scan: Scan) -> np.ndarray:
        encoding = engine.encode(scan, profile)
        return painted(encoding, query_logits(encoding, query))

    return answer


def _lesson(encoding: Encoding, shot: Shot) -> Cells:
    return cells_of(encoding, marked(encoding, shot.mask, shot.known, shot.scan.name))


def from_scratch(engine: Engine, shots: Sequence[Shot], profile: str, recipe: ScratchRecipe, seed: int) -> Answer:
    """A network of nnU-Net's kind that sees nothing but the shots, on the same working grids. engine: only for these grids."""
    predict = train_from_scratch(shots, profile, recipe, seed)
    return lambda scan: painted(engine.encode(scan, profile), predict(scan))


def painted(encoding: Encoding, logits: np.ndarray) -> np.ndarray:
    """Logits on the working grid as a mask on the scan's own grid, crumbs dropped: the same for every method."""
    painter = LabelPainter(encoding, 1)
    painter.paint(1, drop_crumbs(logits))
    return painter.labels() > 0
