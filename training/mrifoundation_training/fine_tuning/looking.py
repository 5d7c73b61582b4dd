"""What one state of a network finds in scans, without any engine: fine-tuned ones come and go, and must not fill the cache of encodings."""

from collections.abc import Sequence

import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Encoding
from mrifoundation.engine.cleanup import drop_crumbs
from mrifoundation.engine.encoder import Encoder, never, silent
from mrifoundation.engine.label_painter import LabelPainter
from mrifoundation.engine.segmenter import Segmenter
from mrifoundation.engine.taught.cells import Cells, cells_of, marked
from mrifoundation.engine.taught.query_fit import query_logits
from mrifoundation.engine.taught.shelf import Shelf
from mrifoundation.engine.torch_runtime import TorchRuntime
from mrifoundation.model import FoundationModel
from mrifoundation.tasks.teach.example import Example
from mrifoundation.volume import Scan
from mrifoundation_training.evaluation.overlap import dice

AT_ONCE = 8  # names whose logits are held in memory together
LEAST_VOXELS = 30  # of the working grid, from which a known structure is compared


class Looking:
    """A network that looks at scans at one detail."""

    def __init__(self, model: FoundationModel, profile: str):
        self._profile = profile
        self._encoder = Encoder(model, TorchRuntime(model.network, model.device), "being tuned")
        self._segmenter = Segmenter(model, Shelf({}, {}, {}, Vocabulary.load(), ()))

    def encode(self, scan: Scan) -> Encoding:
        return self._encoder.encode(scan, self._profile, silent, never)

    def cells(self, example: Example) -> Cells:
        """What the network has to fit a query to."""
        encoding = self.encode(example.scan)
        return cells_of(encoding, marked(encoding, example.mask, example.known, example.scan.name))

    def in_view(self, encoding: Encoding, names: Sequence[str]) -> list[str]:
        return self._segmenter.in_view(encoding, names)

    @torch.inference_mode()
    def masks(self, encoding: Encoding, names: Sequence[str]) -> np.ndarray:
        """Where each of `names` is found on the working grid, bool [K, x, y, z]."""
        return self._segmenter.ungated(encoding, names)[1] > 0


def found_dice(encoding: Encoding, query: tuple[np.ndarray, float], example: Example, scattered: bool) -> float:
    """Dice of what a query finds with the annotation, on the scan's own grid, where the annotation speaks.

    scattered: it comes in many pieces, of which a small one is as real as a large one."""
    logits = query_logits(encoding, query)
    painter = LabelPainter(encoding, 1)
    painter.paint(1, logits if scattered else drop_crumbs(logits))
    found = painter.labels() > 0
    return dice(found if example.known is None else found & example.known, example.inside)


def kept_dice(before: Looking, after: Looking, then: Encoding, now: Encoding, names: Sequence[str]) -> list[float]:
    """Of each known structure in view of a scan: Dice of what is found now with what was found before."""
    seen, found = before.in_view(then, names), []
    for first in range(0, len(seen), AT_ONCE):
        some = seen[first : first + AT_ONCE]
        pairs = zip(before.masks(then, some), after.masks(now, some), strict=True)
        found += [dice(new, old) for old, new in pairs if np.count_nonzero(old) >= LEAST_VOXELS]
    return found
