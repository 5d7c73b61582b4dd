"""The query of the structure that a network is fine-tuned to, and what is asked of it."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mrifoundation_training.fine_tuning.annotated_case import STRUCTURE, UNKNOWN


class StructureQuery(nn.Module):
    """weights [C, 8] and bias, as `fit_query` gives them; they go on learning beside the network."""

    def __init__(self, query: tuple[np.ndarray, float]):
        super().__init__()
        self.weights = nn.Parameter(torch.from_numpy(query[0].astype(np.float32)))
        self.bias = nn.Parameter(torch.tensor([query[1]], dtype=torch.float32))

    def trained(self) -> list[nn.Parameter]:
        return list(self.parameters())

    def logits(self, cells: torch.Tensor) -> torch.Tensor:
        """Features of cells [m, C] → logits [m, 8]."""
        return cells @ self.weights / math.sqrt(cells.shape[1]) + self.bias


def structure_loss(
    logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `fit_query` minimises too: (1 − soft Dice, cross-entropy), of what the annotation speaks of.

    logits, labels: [m, 8] (labels as of an annotated case); weight: cells that each stands for [m]. Where the structure is not in view
    the Dice asks nothing."""
    known = (labels != UNKNOWN) * weight[:, None]
    target = (labels == STRUCTURE).float()
    entropy = F.binary_cross_entropy_with_logits(logits, target, known, reduction="sum") / known.sum().clamp(min=1)
    chance, size = logits.sigmoid() * known, (target * known).sum()
    dice = (2 * (chance * target).sum() + 1) / (chance.sum() + size + 1)
    return (1 - dice if size else logits.sum() * 0), entropy
