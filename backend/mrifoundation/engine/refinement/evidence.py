"""What is known of every point of a window: the scan's own intensities, the encoding's features, the edges between neighbours."""

from functools import cached_property

import numpy as np
import torch
from scipy import ndimage

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.refinement.walker import Edges, conductances
from mrifoundation.engine.refinement.window import Window
from mrifoundation.volume.resample import axis_weights, resample

COMPONENTS = 12  # principal components of the features that a window keeps
CONTRAST = 3.0  # an edge stands this many times out of the noise
SAME_MM = 3.0  # around a mark its own kind of tissue is learned
SUREST_WORDS = 3.0  # logit beyond which words say no more: marks must be able to contradict them
FURTHEST = 8.0  # deviations beyond which one intensity is no less like another


class Evidence:
    """Evidence on one window's grid.

    image: float32 [canonical] of the whole scan. text: logits on the encoding's working grid of what was asked in words, or None.
    """

    def __init__(self, window: Window, image: np.ndarray, encoding: Encoding, text: np.ndarray | None):
        self.window = window
        self.own = window.of(image)
        self.smooth = _blurred(self.own, window, 1.0)
        self.noise = _noise(self.smooth)
        edge_image = _blurred(self.own, window, 0.7)
        self.edges: Edges = conductances(edge_image[None] / _noise(edge_image), window.spacing, CONTRAST)
        self.features = _features(window, encoding)
        self.text = None
        if text is not None:
            logits = _sampled(window, encoding, torch.from_numpy(text)[None], 1, 0.0)[0]
            self.text = np.clip(logits, -SUREST_WORDS, SUREST_WORDS)

    def unlikeness(self, points: np.ndarray, reach: float) -> np.ndarray:
        """How little every point is like the tissue at `points` [n, 3] of the grid: squared deviations, ≥ 0, float32."""
        here = tuple(points.T)
        near = np.zeros(self.window.shape, dtype=bool)
        near[here] = True
        if len(points) == 1:
            near |= self.window.distance_to(points) <= min(SAME_MM, max(0.6 * reach, 1.0))
        values = self.smooth[near]
        spread = max(float(values.std()), self.noise, 0.03 * float(np.ptp(self.smooth)))
        intensity = np.minimum(np.abs(self.smooth - np.median(values)) / spread, FURTHEST) ** 2
        centre = self.features[(slice(None), *here)].mean(axis=1)
        return intensity + ((self.features - centre[:, None, None, None]) ** 2).sum(axis=0)

    @cached_property
    def columns(self) -> np.ndarray:
        """What a query is held against, float32 [points, n]: intensities at three scales and their squares, features, the logits of the
        words where there are any, 1."""
        scales = [_standard(v) for v in (self.own, self.smooth, _blurred(self.own, self.window, 3.0))]
        parts = [*scales, *(v * v for v in scales), *self.features]
        if self.text is not None:
            parts.append(self.text)
        parts.append(np.ones(self.window.shape, np.float32))
        return np.stack([part.ravel() for part in parts], axis=1)


def _features(window: Window, encoding: Encoding) -> np.ndarray:
    """The leading principal components of the voxel features near a window, [n, x, y, z], the first with deviation 1."""
    return _sampled(window, encoding, encoding.voxel, 2, 0.5, reduce=True)


def _sampled(
    window: Window, encoding: Encoding, values: torch.Tensor, cell: int, centre: float, reduce: bool = False
) -> np.ndarray:
    """`values` [n, …] on the working grid (or on cells of `cell` working voxels), interpolated at the window's points."""
    grid, matrices, cut = encoding.grid, [], []
    for a in range(3):
        first = ((window.start[a] - grid.start[a]) / grid.step[a] - centre) / cell
        matrix = axis_weights(first, window.step[a] / grid.step[a] / cell, window.shape[a], values.shape[a + 1])
        used = np.flatnonzero(matrix.any(axis=0))
        cut.append(slice(int(used[0]), int(used[-1]) + 1))
        matrices.append(matrix[:, cut[-1]])
    near = values[(slice(None), *cut)].float().cpu().numpy()
    return resample(_principal(near) if reduce else near, matrices)


def _principal(cells: np.ndarray) -> np.ndarray:
    flat = cells.reshape(len(cells), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    directions, variances, _ = np.linalg.svd(flat @ flat.T / flat.shape[1])
    kept = directions[:, :COMPONENTS].T @ flat / np.sqrt(variances[0] + 1e-12)
    return kept.reshape(-1, *cells.shape[1:])


def _blurred(image: np.ndarray, window: Window, mm: float) -> np.ndarray:
    sigma = [mm / s if mm / s > 0.3 else 0.0 for s in window.spacing]
    return ndimage.gaussian_filter(image, sigma)


def _noise(image: np.ndarray) -> float:
    """Deviation of an image's noise from the differences of neighbours (median absolute deviation), never 0."""
    steps = np.concatenate([np.abs(np.diff(image, axis=a)).ravel() for a in range(3)])
    spread = 1.4826 * float(np.median(steps)) / np.sqrt(2) if steps.size else 0.0
    return max(spread, 1e-3 * float(np.ptp(image)), 1e-6)


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-6)
