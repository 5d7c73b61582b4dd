"""Dense text-conditioned segmentation: one example, some prompts, the loss."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.model import FoundationModel
from mrifoundation.model.subvoxel import to_cells
from mrifoundation_training.data.examples import Example
from mrifoundation_training.losses.dense import dense_loss, sample_cells

IN_VIEW_VOXELS = 8  # working voxels from which a structure counts as in view; between none and this, presence is not asked
SMALL_VOXELS = 5000


@dataclass(frozen=True)
class DenseTextSettings:
    """prompts: K per example; absent: share of them known to be out of view; cells: of each kind (small structures, others) the loss
    is computed on; entropy, presence: weights of the loss terms beside Dice; drop_name: how often a name's own correction is left
    out, so that the sentence alone must do."""

    prompts: int = 24
    absent: float = 0.25
    cells: int = 7000
    entropy: float = 5.0
    presence: float = 0.2
    drop_name: float = 0.15


def dense_text_loss(
    model: FoundationModel, example: Example, settings: DenseTextSettings, rng: np.random.Generator
) -> tuple[torch.Tensor, dict[str, float]]:
    """Loss of one example and the figures worth logging."""
    device = model.device
    labels, valid = example.labels.to(device), example.valid.to(device)
    chosen, counts = _choose(example, labels, settings, rng)
    names = [example.askable.names[k] for k in chosen]
    lut = torch.tensor(example.askable.lut[chosen], device=device)
    present = torch.tensor(counts[chosen] > 0, device=device)
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**62)))
    with torch.autocast(device.type, torch.bfloat16):
        features = model.encode(example.image.to(device)[None, None], valid[None, None], example.spacing.to(device)[None])
    label_cells = to_cells(labels[None, None])[0].flatten(1).T
    valid_cells = (to_cells(valid[None, None])[0].flatten(1) > 0).any(0)
    small = (lut & torch.tensor(counts[chosen] < SMALL_VOXELS, device=device)[:, None]).any(0)
    index, weight = sample_cells(label_cells, valid_cells, small, settings.cells, generator)
    keep = torch.tensor(rng.random(len(names)) >= settings.drop_name, device=device)
    query = model.query_names(names, keep)
    with torch.autocast(device.type, torch.bfloat16):
        logits = model.head.logits(features.voxel[0].flatten(1).T[index], query)
    target = lut.T[label_cells[index].long()].permute(0, 2, 1).float()
    missing, entropy = dense_loss(logits.float(), target, weight, present)
    seen = model.presence(features.tokens[0].float(), features.share[0].float(), query)
    presence = F.binary_cross_entropy_with_logits(seen, present.float())
    loss = missing + settings.entropy * entropy + settings.presence * presence
    correct = ((seen > 0) == present).float().mean()
    return loss, {"dice": 1 - missing.item(), "entropy": entropy.item(), "presence": presence.item(), "presence_right": correct.item()}


def _choose(example: Example, labels: torch.Tensor, settings: DenseTextSettings, rng) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the prompts to ask and voxel counts of all that may be asked."""
    histogram = np.bincount(labels.flatten().cpu().numpy(), minlength=example.askable.lut.shape[1])
    counts = example.askable.lut @ histogram
    visible, gone = np.flatnonzero(counts >= IN_VIEW_VOXELS), np.flatnonzero(counts == 0)
    absent = min(len(gone), max(int(settings.prompts * settings.absent), settings.prompts - len(visible) if len(visible) < 4 else 0))
    picked = [
        rng.choice(visible, min(len(visible), settings.prompts - absent), replace=False),
        rng.choice(gone, absent, replace=False),
    ]
    return np.concatenate(picked).astype(int), counts
