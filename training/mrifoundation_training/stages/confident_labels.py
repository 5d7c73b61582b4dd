"""The teacher's confident labels of a scan that nobody labelled, as targets of the same loss that labelled scans have."""

import torch

from mrifoundation.model import FoundationModel
from mrifoundation.model.precision import native_autocast
from mrifoundation_training.losses.dense import competition_loss

FEWEST = 50  # cells; fewer confident ones say little


def confident_labels_loss(
    model: FoundationModel,
    teacher: FoundationModel,
    seen: torch.Tensor,
    taught: torch.Tensor,
    names: tuple[str, ...],
    confidence: float,
) -> tuple[torch.Tensor, dict[str, float]]:
    """seen, taught: student's and teacher's voxel features of the same cells [m, C]; names: structures that never overlap, one of which or
    none of which each voxel is.

    A cell counts when the teacher gives some answer at least `confidence` (0…1) in each of its eight voxels. Figures: the share of such
    cells, the share of them that is a structure, and the loss."""
    target, sure = _answers(teacher, taught, names, confidence)
    figures = {"confident": sure.float().mean().item()}
    if sure.sum() < FEWEST or not target[sure].any():
        return seen.sum() * 0, figures
    with native_autocast(model.device):
        logits = model.head.logits(seen[sure], model.query_names(list(names)))
    missing, entropy = competition_loss(logits.float(), target[sure], seen.new_ones(int(sure.sum())))
    loss = missing + entropy
    return loss, figures | {"confident_loss": loss.item(), "confident_named": target[sure].amax(1).mean().item()}


@torch.no_grad()
def _answers(teacher: FoundationModel, cells: torch.Tensor, names, confidence: float):
    """What the teacher says: one-hot [m, K, 8] (all zero for none of them), and which cells it is sure of [m]."""
    with native_autocast(teacher.device):
        logits = teacher.head.logits(cells, teacher.query_names(list(names))).float()
    share = torch.cat([logits.new_zeros(len(logits), 1, logits.shape[2]), logits], dim=1).softmax(1)
    best, answer = share.max(1, keepdim=True)
    target = torch.zeros_like(share).scatter_(1, answer, 1.0)[:, 1:]
    return target, (best >= confidence).all(2)[:, 0]
