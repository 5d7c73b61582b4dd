"""Text-conditioned dense loss: soft Dice and cross-entropy per prompt, over a weighted sample of cells."""

import torch
from torch.nn import functional as F


def sample_cells(
    label_cells: torch.Tensor, valid_cells: torch.Tensor, small: torch.Tensor, count: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells to compute the loss on, with weights that keep every sum unbiased.

    label_cells: uint8 [n, 8]; valid_cells: bool [n]; small: bool [labels], labels of small structures, whose cells are preferred;
    count: cells of each of the two kinds at most. Returns indices [m] and weights [m] (inverse inclusion probability).
    """
    special = small[label_cells.long()].any(1) & valid_cells
    chosen, weights = [], []
    for mask in (special, valid_cells & ~special):
        index = mask.nonzero()[:, 0]
        if len(index) > count:
            kept = torch.randperm(len(index), generator=generator, device=index.device)[:count]
            weights.append(torch.full((count,), len(index) / count, device=index.device))
            index = index[kept]
        else:
            weights.append(torch.ones(len(index), device=index.device))
        chosen.append(index)
    return torch.cat(chosen), torch.cat(weights)


def dense_loss(
    logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, present: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """logits, target: [m, K, 8]; weight: [m]; present: bool [K].

    Returns (mean 1 − Dice over the prompts in view, mean cross-entropy over all prompts): a structure out of view is only
    asked to stay empty.
    """
    w = weight[:, None, None]
    entropy = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * w).sum((0, 2)) / (
        8 * weight.sum()
    )
    p = logits.sigmoid()
    overlap = (p * target * w).sum((0, 2))
    total = ((p + target) * w).sum((0, 2))
    dice = (2 * overlap + 1) / (total + 1)
    missing = (1 - dice)[present].mean() if present.any() else logits.sum() * 0
    return missing, entropy.mean()


def competition_loss(
    logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Softmax between structures that never overlap and "none of them" (logit 0): what a plain segmentation network minimises.

    logits, target: [m, K, 8]; weight: [m]. Neighbours and the two sides learn fastest against each other. Returns
    (mean 1 − soft Dice over the structures, cross-entropy); the Dice is what lets the hippocampus be heard beside the white matter.
    """
    shares = torch.cat([logits.new_zeros(len(logits), 1, logits.shape[2]), logits], dim=1).log_softmax(1)
    none = 1 - target.amax(1, keepdim=True)
    picked = torch.cat([none, target], dim=1).argmax(1, keepdim=True)
    w = weight[:, None, None]
    entropy = -(shares.gather(1, picked) * w).sum() / (8 * weight.sum())
    p = shares[:, 1:].exp()
    overlap = (p * target * w).sum((0, 2))
    total = ((p + target) * w).sum((0, 2))
    return (1 - (2 * overlap + 1) / (total + 1)).mean(), entropy
