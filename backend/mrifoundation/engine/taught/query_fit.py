"""A query fitted to the cells of annotated scans: a few steps of L-BFGS on frozen features, seconds on a CPU."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.taught.cells import Cells
from mrifoundation.model.subvoxel import SUBVOXELS, to_voxels

STEPS = 60
HOLD = 3e-4  # how firmly one scan's query is held near its prior; the more scans, the less
RARE = -4.0  # logit before anything is learned


def fit_query(lessons: Sequence[Cells], prior: tuple[np.ndarray, float] | None = None) -> tuple[np.ndarray, float]:
    """Weights float32 [C, 8] and bias of a query, in the scale of `PromptHead.logits`.

    Cross-entropy and soft Dice, each scan counting the same, held near `prior` (the query that the weights have for this name
    already), else near 0. The loss is smooth and the start is fixed, so the same lessons give the same query.
    """
    scans = [_Tensors(one) for one in lessons]
    channels = scans[0].features.shape[1]
    start = torch.zeros(channels, SUBVOXELS) if prior is None else torch.from_numpy(prior[0].astype(np.float32))
    weights = start.clone().requires_grad_()
    bias = torch.tensor([RARE if prior is None else float(prior[1])], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        fitted = sum(one.loss(weights, bias) for one in scans) / len(scans)
        total = fitted + HOLD / len(scans) / channels * (weights - start).square().sum()
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    return weights.detach().numpy(), float(bias.detach())


def dice_on(lesson: Cells, query: tuple[np.ndarray, float]) -> float:
    """Dice of a query with the annotation of one scan, estimated from its sample of cells."""
    one = _Tensors(lesson)
    found = (one.logits(torch.from_numpy(query[0]), torch.tensor([query[1]])) > 0).float() * one.weight
    truth = (one.inside >= 0.5).float()
    size = float(found.sum() + (truth * one.weight).sum())
    return 2 * float((found * truth).sum()) / size if size else 0.0


def query_logits(encoding: Encoding, query: tuple[np.ndarray, float]) -> np.ndarray:
    """Logits float32 [X, Y, Z] of a query on the working grid, without padding."""
    weights, bias = torch.from_numpy(query[0]), query[1]
    features = encoding.voxel.float().cpu()
    channels, *cells = features.shape
    logits = (features.reshape(channels, -1).T @ weights / math.sqrt(channels) + bias).T.reshape(1, SUBVOXELS, *cells)
    x, y, z = encoding.grid.shape
    return to_voxels(logits)[0, :x, :y, :z].numpy()


class _Tensors:
    """One scan's cells, ready for the loss; weight: [n, 8], 0 where nothing is known."""

    def __init__(self, cells: Cells):
        self.features = torch.from_numpy(cells.features.astype(np.float32))
        self.inside = torch.from_numpy(cells.inside.astype(np.float32) / 255)
        self.weight = torch.from_numpy(cells.known * cells.weight[:, None])
        self._size = (self.weight * self.inside).sum()

    def logits(self, weights: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        return self.features @ weights / math.sqrt(self.features.shape[1]) + bias

    def loss(self, weights: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        logits = self.logits(weights, bias)
        entropy = F.binary_cross_entropy_with_logits(logits, self.inside, self.weight, reduction="sum")
        chance = logits.sigmoid() * self.weight
        dice = 2 * (chance * self.inside).sum() / (chance.sum() + self._size)
        return entropy / self.weight.sum() + 1 - dice
