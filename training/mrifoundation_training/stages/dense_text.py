"""Dense text-conditioned segmentation: one example, some prompts, the loss."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.model import FoundationModel
from mrifoundation.model.subvoxel import to_cells
from mrifoundation_training.data.examples import Example
from mrifoundation_training.losses.dense import competition_loss, dense_loss, sample_cells

IN_VIEW_VOXELS = (
    8  # working voxels from which a structure counts as in view; between none and this, presence is not asked
)
SMALL_VOXELS = 5000


@dataclass(frozen=True)
class DenseTextSettings:
    """prompts: K per example. absent: share of them known to be out of view.
    cells: of each kind (small structures, others) that the loss is computed on.
    entropy, competition, presence: weights of the loss terms beside Dice.
    drop_name: how often a name's own correction is left out, so that the sentence alone must do."""

    prompts: int = 48
    absent: float = 0.2
    cells: int = 2500
    entropy: float = 3.0
    competition: float = 1.0
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
        features = model.encode(
            example.image.to(device)[None, None], valid[None, None], example.spacing.to(device)[None]
        )
    label_cells = to_cells(labels[None, None])[0].flatten(1).T
    valid_cells = (to_cells(valid[None, None])[0].flatten(1) > 0).any(0)
    small = (lut & torch.tensor(counts[chosen] < SMALL_VOXELS, device=device)[:, None]).any(0)
    index, weight = sample_cells(label_cells, valid_cells, small, settings.cells, generator)
    keep = torch.tensor(rng.random(len(names)) >= settings.drop_name, device=device)
    query = model.query_names(names, keep)
    with torch.autocast(device.type, torch.bfloat16):
        logits = model.head.logits(features.voxel[0].flatten(1).T[index], query)
    target = lut.T[label_cells[index].long()].permute(0, 2, 1).float()
    logits = logits.float()
    missing, entropy = dense_loss(logits, target, weight, present)
    single = torch.tensor(example.askable.single[chosen], device=device) & present
    competition = competition_loss(logits[:, single], target[:, single], weight) if single.any() else logits.sum() * 0
    seen = model.presence(features.tokens[0].float(), features.share[0].float(), query)
    presence = F.binary_cross_entropy_with_logits(seen, present.float())
    loss = missing + settings.entropy * entropy + settings.competition * competition + settings.presence * presence
    correct = ((seen > 0) == present).float().mean()
    figures = {
        "dice": 1 - missing,
        "entropy": entropy,
        "competition": competition,
        "presence": presence,
        "presence_right": correct,
    }
    return loss, {name: value.item() for name, value in figures.items()}


def _choose(example: Example, labels: torch.Tensor, settings: DenseTextSettings, rng) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the prompts to ask and voxel counts of all that may be asked."""
    histogram = np.bincount(labels.flatten().cpu().numpy(), minlength=example.askable.lut.shape[1])
    counts = example.askable.lut @ histogram
    visible, gone = np.flatnonzero(counts >= IN_VIEW_VOXELS), np.flatnonzero(counts == 0)
    absent = min(len(gone), max(int(settings.prompts * settings.absent), settings.prompts // 2 - len(visible)))
    room = settings.prompts - absent
    single = rng.permutation(visible[example.askable.single[visible]])
    union = rng.permutation(visible[~example.askable.single[visible]])
    # Most of the room is for single structures, which compete; unions get at least a fifth.
    single = single[: max(room - len(union), int(room * 0.8))]
    return np.concatenate([single, union[: room - len(single)], rng.choice(gone, absent, replace=False)]).astype(
        int
    ), counts
