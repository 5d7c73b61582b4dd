"""Dense text-conditioned segmentation: one encoded example, some prompts, the loss."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.model import IN_VIEW_VOXELS, Features, FoundationModel, Query, surest
from mrifoundation.model.precision import native_autocast
from mrifoundation.model.subvoxel import to_cells
from mrifoundation_training.data.example import Example
from mrifoundation_training.losses.dense import competition_loss, dense_loss, sample_cells
from mrifoundation_training.recipe_values import Count, Share

SMALL_VOXELS = 5000
NOWHERE = -30.0  # a logit that no voxel survives


@dataclass(frozen=True)
class DenseTextSettings:
    """All labels of an example compete for its voxels.

    alone: how many of them must also stand alone, each against everything else, as must `unions` prompts for several labels together
    and `absent` ones for structures known to be out of view (where nothing is in view, as many as all of these). Lesions in view come
    before anything else. Of the absent ones up to `healthy` are lesions that are surely not there and up to `beyond` what the scan could
    be taken to show: chance alone would hardly ever ask for these.
    cells: of each kind (small structures, others) that the loss is computed on.
    entropy, standing, presence: weights of the cross-entropy beside the Dice of the competition, of the prompts that stand alone, and
    of presence. drop_name: how often the own correction of a name that stands alone is left out, so that the sentence must do."""

    alone: int = 10
    unions: int = 6
    absent: int = 8
    healthy: int = 3
    beyond: int = 2
    cells: Count = 3000
    entropy: float = 1.0
    standing: float = 0.3
    presence: float = 0.2
    drop_name: Share = 0.3


@dataclass(frozen=True)
class Asked:
    """Rows of an example's askable: those that compete, and those that stand alone."""

    competing: np.ndarray
    alone: np.ndarray


def dense_text_loss(
    model: FoundationModel, features: Features, example: Example, settings: DenseTextSettings, rng: np.random.Generator
) -> tuple[torch.Tensor, dict[str, float]]:
    """Loss of one encoded example and the figures worth logging."""
    device = model.device
    labels, valid = example.labels.to(device), example.valid.to(device)
    asked, counts = choose_prompts(example, labels, settings, rng)
    index, weight, label_cells = sampled(example, labels, valid, counts, settings.cells, rng)
    cells = features.voxel[0].flatten(1).T[index]

    def held(rows: np.ndarray, keep: torch.Tensor | None = None):
        """Logits and targets [m, K, 8] of some rows of the askable, and their query."""
        query = model.query_names([example.askable.names[k] for k in rows], keep)
        with native_autocast(device):
            logits = model.head.logits(cells, query)
        lut = torch.tensor(example.askable.lut[rows], device=device)
        return logits.float(), lut.T[label_cells].permute(0, 2, 1).float(), query

    loss, figures = features.voxel.sum() * 0, {}
    if len(asked.competing):
        logits, target, _ = held(asked.competing)
        missing, entropy = competition_loss(logits, target, weight)
        loss = loss + missing + settings.entropy * entropy
        figures |= {"dice": 1 - missing, "entropy": entropy}
    if len(asked.alone):
        keep = torch.tensor(rng.random(len(asked.alone)) >= settings.drop_name, device=device)
        # Between none and IN_VIEW_VOXELS presence is not asked.
        present = torch.tensor(counts[asked.alone] > 0, device=device)
        logits, target, query = held(asked.alone, keep)
        missing, entropy = dense_loss(logits, target, weight, present)
        names = [example.askable.names[k] for k in asked.alone]
        seen = model.presence(
            features.tokens[0].float(), features.share[0].float(), query, _surest(model, features, valid, query, names)
        )
        presence = F.binary_cross_entropy_with_logits(seen, present.float())
        loss = loss + settings.standing * (missing + 3 * entropy) + settings.presence * presence
        correct = ((seen > 0) == present).float().mean()
        figures |= {"dice_alone": 1 - missing, "entropy_alone": entropy}
        figures |= {"presence": presence, "presence_right": correct}
    return loss, {name: value.item() for name, value in figures.items()}


def _surest(
    model: FoundationModel, features: Features, valid: torch.Tensor, query: Query, names: list[str]
) -> torch.Tensor:
    """Mean logit of the surest voxels of each asked name [K], 0 where it is not looked for; valid [X, Y, Z]."""
    local, found = model.local(names), torch.zeros(len(names), device=model.device)
    if not local:
        return found
    cells, real = features.voxel[0].flatten(1).T, to_cells(valid[None, None])[0].flatten(1).T > 0
    with native_autocast(model.device):
        logits = model.head.logits(cells, query[local])
    logits = logits.float().masked_fill(~real[:, None], NOWHERE)
    return found.index_copy(0, torch.tensor(local, device=model.device), surest(logits.transpose(0, 1).flatten(1)))


def sampled(example: Example, labels: torch.Tensor, valid: torch.Tensor, counts: np.ndarray, most: int, rng):
    """Cells to compute the loss on, at most so many of each kind: indices [m], weights [m], and the labels of their sub-voxels [m, 8].

    labels, valid: [X, Y, Z]; counts: voxels of each row of the askable."""
    label_cells = to_cells(labels[None, None])[0].flatten(1).T
    valid_cells = (to_cells(valid[None, None])[0].flatten(1) > 0).any(0)
    small = torch.tensor(example.askable.lut[(counts > 0) & (counts < SMALL_VOXELS)].any(0), device=labels.device)
    generator = torch.Generator(device=labels.device).manual_seed(int(rng.integers(2**62)))
    index, weight = sample_cells(label_cells, valid_cells, small, most, generator)
    return index, weight, label_cells[index].long()


def label_counts(example: Example, labels: torch.Tensor) -> np.ndarray:
    """Voxels of each label [labels]."""
    return np.bincount(labels.flatten().cpu().numpy(), minlength=example.askable.lut.shape[1])


def choose_prompts(
    example: Example, labels: torch.Tensor, settings: DenseTextSettings, rng
) -> tuple[Asked, np.ndarray]:
    """What to ask of `example`, and the voxel counts of all that may be asked. labels: uint8 [X, Y, Z]."""
    counts = example.askable.lut @ label_counts(example, labels)
    visible, gone = np.flatnonzero(counts >= IN_VIEW_VOXELS), np.flatnonzero(counts == 0)
    # Labels that are hardly in view compete too: their voxels must not count as "none of them".
    single = rng.permutation(np.flatnonzero(example.askable.single & (counts > 0)))
    clear = single[counts[single] >= IN_VIEW_VOXELS]
    union = rng.permutation(visible[~example.askable.single[visible]])
    lesion, beyond = example.askable.lesion, example.askable.beyond
    absent = np.concatenate(
        [
            rng.permutation(gone[lesion[gone]])[: settings.healthy],
            rng.permutation(gone[beyond[gone]])[: settings.beyond],
            rng.permutation(gone[~(lesion | beyond)[gone]]),
        ]
    )
    alone = [
        _first(clear, lesion)[: settings.alone],
        _first(union, lesion)[: settings.unions],
        absent[: settings.absent if len(visible) else settings.alone + settings.unions + settings.absent],
    ]
    return Asked(single, np.concatenate(alone).astype(int)), counts


def _first(rows: np.ndarray, preferred: np.ndarray) -> np.ndarray:
    """The same rows, the preferred ones (bool by row) in front."""
    return rows[np.argsort(~preferred[rows], kind="stable")]
