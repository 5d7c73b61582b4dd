"""What readers of marks see while the robot user corrects structures whose truth is known."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.engine import Encoding, Engine
from mrifoundation.engine.refinement.clues import AWAY, BORDER, REACH, RULE, SIDE
from mrifoundation.engine.refinement.reader import Readers
from mrifoundation.engine.refinement.window import Window
from mrifoundation.volume import Scan, read_scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.interactive import beginnings, begun, clicked, structures_of
from mrifoundation_training.evaluation.interactive_methods import ours

ANYWHERE, AT_BORDERS = 600, 900  # points kept of a window
NEAR_MM = 8.0  # of a mark
BAND_MM = 3.0  # of the contour so far
BAND_CELLS = 4  # of the true border, where marks stand alone
SURE = 3.0  # logit of an answer that knows the truth


@dataclass(frozen=True, eq=False)
class Example:
    """One click. reader: draw | correct. clues: float16 [points, n]; right: bool [points], as the mark says."""

    reader: str
    source: str
    clues: np.ndarray
    right: np.ndarray


class Recorder:
    """Keeps examples of one structure; its clicks are answered by `readers`, or, while there are none, by the rule (the last opinion
    among the clues) and by the truth in turn, so that contours of every quality are seen."""

    def __init__(self, truth: np.ndarray, source: str, readers: Readers | None, random: np.random.Generator):
        self._truth, self._source, self._known, self._random = truth.astype(np.float32), source, readers, random
        self.examples: list[Example] = []

    def readers(self) -> Readers:
        return Readers(self._draw, self._correct)

    def _draw(self, table: np.ndarray, window: Window) -> np.ndarray:
        inside = window.of(self._truth) > 0.5
        edt = ndimage.distance_transform_edt
        self._keep("draw", table, inside.ravel(), (edt(inside) + edt(~inside) < BAND_CELLS).ravel())
        if self._known:
            return self._known.draw(table, window)
        if self._random.random() < 0.4:
            return np.where(inside.ravel(), 1.5, -1.5) + 0.5 * table[:, RULE] + self._random.normal()
        return table[:, RULE]

    def _correct(self, table: np.ndarray, window: Window) -> np.ndarray:
        right = (window.of(self._truth) > 0.5).ravel() == (table[0, SIDE] > 0)
        away = 4.0 * np.expm1(table[:, AWAY])
        self._keep("correct", table, right, (np.abs(table[:, BORDER]) < np.tanh(BAND_MM / 1.5)) | (away < NEAR_MM))
        if self._known:
            return self._known.correct(table, window)
        stays, reach = np.where(table[:, BORDER] > 0, SURE, -SURE), float(np.exp(table[0, REACH]))
        if self._random.random() < 0.6:
            near = away < self._random.uniform(1, 3) * reach + 2
            return np.where(near, np.where(right, SURE, -SURE), stays)
        heard = 1 / (1 + (away / max(1.8 * reach + 2, 10)) ** 4)
        return heard * table[:, RULE] + (1 - heard) * stays

    def _keep(self, reader: str, table: np.ndarray, right: np.ndarray, band: np.ndarray) -> None:
        chosen = self._random.integers(0, len(right), ANYWHERE)
        if band.any():
            chosen = np.concatenate([chosen, self._random.choice(np.flatnonzero(band), AT_BORDERS)])
        self.examples.append(Example(reader, self._source, table[chosen].astype(np.float16), right[chosen]))


def recorded(
    engine: Engine, case: Case, readers: Readers | None, clicks: int, seed: int, profile: str = "standard"
) -> Iterator[Example]:
    """The examples of all structures of one case: from words where the weights know one, and from marks alone."""
    random = np.random.default_rng([seed, *case.id.encode()])
    scan = read_scan(case.image)
    labels, encoding = reference_labels(case, scan), engine.encode(scan, profile)
    for name, truth in structures_of(case, labels, scan):
        for prompt in beginnings(engine, name, from_nothing=True):
            yield from _clicks(engine, encoding, scan, prompt, truth, case.source, readers, clicks, random)


def _clicks(
    engine: Engine,
    encoding: Encoding,
    scan: Scan,
    prompt: str | None,
    truth: np.ndarray,
    source: str,
    readers: Readers | None,
    clicks: int,
    random: np.random.Generator,
) -> list[Example]:
    recorder = Recorder(encoding.axes.apply(truth), source, readers, random)
    answer = ours(engine, encoding, scan, prompt, recorder.readers())
    clicked(answer, begun(engine, encoding, prompt), truth, scan.spacing, clicks)
    return recorder.examples
