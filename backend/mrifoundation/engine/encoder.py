"""A scan → its encoding: adapt, run the network (in tiles when it is large), normalise, pool."""

from collections.abc import Callable

import numpy as np
import torch

from mrifoundation.engine.encoding import Encoding, encoding_key
from mrifoundation.engine.tiling import run_tiled, tiles
from mrifoundation.engine.torch_runtime import TorchRuntime
from mrifoundation.errors import Cancelled
from mrifoundation.model import FoundationModel
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import PROFILES, Adapted, adapt
from mrifoundation.volume.box import Box

Progress = Callable[[str, float, str], None]
Cancel = Callable[[], bool]

# A working grid beyond this many times its profile's budget (a body too large even at the coarsest spacing) is cut into
# tiles. Padding to the stride alone takes a small or flat scan to about 1.6 times.
TILE_BUDGET = 2.0


def silent(stage: str, fraction: float, message: str) -> None:
    """The progress of a caller who wants none."""


def never() -> bool:
    """The cancel of a caller who never cancels."""
    return False


class Encoder:
    """Encodes scans with one set of weights on one device."""

    def __init__(self, model: FoundationModel, runtime: TorchRuntime, model_id: str, tile_budget: float = TILE_BUDGET):
        self._model = model
        self._run = runtime
        self._model_id = model_id
        self._tile_budget = tile_budget

    def encode(self, scan: Scan, profile: str, progress: Progress, cancel: Cancel, box: Box | None = None) -> Encoding:
        """The encoding of `scan`, or of the part in `box` (canonical [i, j, k]); raises InputError for an unknown profile and Cancelled
        within one layer of a cancel."""
        progress("adapt", 0.0, "Bringing the scan onto the working grid.")
        adapted = adapt(scan, profile, box)
        _stop_if(cancel)
        voxel, tokens, share = self._network(adapted, PROFILES[profile] * self._tile_budget, progress, cancel)
        with torch.inference_mode():
            features = self._model.features(voxel, tokens.float(), share.float())
        return Encoding(
            key=encoding_key(scan.content_hash, self._model_id, profile),
            profile=profile,
            scan_hash=scan.content_hash,
            shape=scan.shape,
            affine=scan.affine,
            grid=adapted.grid,
            voxel=features.voxel[0].half(),
            tokens=features.tokens[0],
            share=features.share[0],
            pooled=features.pooled[0],
        )

    def _network(self, adapted: Adapted, budget: float, progress: Progress, cancel: Cancel):
        image = torch.from_numpy(adapted.image)[None, None]
        valid = torch.from_numpy(adapted.valid.astype(np.float32))[None, None]
        spacing = torch.tensor([[adapted.grid.spacing, *adapted.native_spacing]], dtype=torch.float32)
        boxes = tiles(adapted.grid.padded_shape, budget)
        message, done = "Encoding the scan.", 0

        def step(fraction: float) -> None:
            _stop_if(cancel)
            progress("encode", (done + fraction) / len(boxes), message)

        def between(number: int) -> None:
            nonlocal message, done
            message, done = f"Encoding the scan, part {number + 1} of {len(boxes)}.", number
            step(0.0)

        def run(*inputs: torch.Tensor):
            return self._run(*inputs, step)

        with torch.inference_mode():
            return (
                run(image, valid, spacing) if len(boxes) == 1 else run_tiled(run, image, valid, spacing, boxes, between)
            )


def _stop_if(cancel: Cancel) -> None:
    if cancel():
        raise Cancelled("Encoding was cancelled.")
