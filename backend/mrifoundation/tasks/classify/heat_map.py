"""Where an answer comes from: each part of the scan is hidden from its embedding in turn (occlusion, on tokens); or what was segmented."""

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy import ndimage

from mrifoundation.engine import Encoding, Engine
from mrifoundation.tasks.token_map import enlarged
from mrifoundation.volume.adapt import STRIDE
from mrifoundation.volume.resample import resample

# What is bright in a map, in words: whether it shows what weighed in the answer, or only what was measured.
AS_ATTRIBUTED = "what speaks for {answer}: without it the answer would be less sure"
AS_SEGMENTED = "{what} (a segmentation, not what weighed most in the answer)"
MOST_PLACES = 200  # blocks that are hidden, one after the other


def occlusion(engine: Engine, encoding: Encoding, score: Callable[[np.ndarray], float]) -> np.ndarray:
    """float32 [i, j, k] on the scan's grid, 0 to 1: how much `score(embedding)` falls when a place is hidden."""
    grid = tuple(n // STRIDE for n in encoding.grid.padded_shape)
    share = encoding.share.reshape(grid)
    size = max(1, math.ceil((int((share > 0).sum()) / MOST_PLACES) ** (1 / 3)))
    whole = score(engine.embed_tokens(encoding, encoding.share))
    fall = np.zeros(grid, np.float32)
    for corner in np.ndindex(*(math.ceil(n / size) for n in grid)):
        block = tuple(slice(c * size, (c + 1) * size) for c in corner)
        rest = share.clone()
        rest[block] = 0
        if torch.equal(rest, share) or not rest.any():
            continue
        fall[block] = whole - score(engine.embed_tokens(encoding, rest.flatten()))
    return scaled(on_scan(encoding, np.maximum(fall, 0)))


def on_scan(encoding: Encoding, tokens: np.ndarray) -> np.ndarray:
    """Values of tokens [x, y, z], interpolated on the scan's own grid [i, j, k]."""
    working = enlarged(tokens.astype(np.float32), STRIDE)
    x, y, z = encoding.grid.shape
    fine = resample(working[:x, :y, :z], encoding.grid.to_scan())
    return np.ascontiguousarray(encoding.axes.undo(fine))


def softened(mask: np.ndarray, spacing: np.ndarray, width_mm: float = 3.0) -> np.ndarray:
    """A mask as a heat map: 1 inside, falling off over a few mm outside."""
    blurred = ndimage.gaussian_filter(mask.astype(np.float32), width_mm / np.asarray(spacing))
    return np.maximum(mask, scaled(blurred)).astype(np.float32)


def scaled(values: np.ndarray) -> np.ndarray:
    """0 to 1; all 0 where nothing is above 0."""
    top = float(values.max(initial=0))
    return (np.clip(values, 0, None) / top if top > 0 else np.zeros_like(values)).astype(np.float32)
