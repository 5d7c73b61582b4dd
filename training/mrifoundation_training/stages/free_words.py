"""Free words: prompts that have no correction of their own to lean on, each told apart from what it could be taken for."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.anatomy import Vocabulary
from mrifoundation.model import IN_VIEW_VOXELS, Features, FoundationModel
from mrifoundation.model.precision import native_autocast
from mrifoundation.model.text_tower import TextTower
from mrifoundation_training.data.example import Example
from mrifoundation_training.data.targets import called_the_same
from mrifoundation_training.losses.dense import competition_loss, dense_loss
from mrifoundation_training.prompts.wordings import worded
from mrifoundation_training.recipe_values import Count
from mrifoundation_training.stages.dense_text import label_counts, sampled

GROUP_IN_VIEW = 0.7  # how often a group that is in view is asked for before one that is not


@dataclass(frozen=True)
class FreeWordsSettings:
    """weight: of this loss beside the dense one; 0 leaves it out. structures: in view that are asked for, lesions first, each beside its
    other side and the neighbour that it touches most. absent: that are out of view, the other sides of what is in view first. groups:
    that are asked for. cells: as of the dense stage."""

    weight: float = 0.0
    structures: Count = 3
    absent: int = 3
    groups: int = 1
    cells: Count = 3000


@dataclass(frozen=True)
class Prompts:
    """names: K structures and groups. lut: bool [K, labels], which are theirs. rivals: bool [K], in view, no two of them overlapping."""

    names: tuple[str, ...]
    lut: np.ndarray
    rivals: np.ndarray


def free_words_loss(
    model: FoundationModel, features: Features, example: Example, settings: FreeWordsSettings, rng: np.random.Generator
) -> tuple[torch.Tensor, dict[str, float]]:
    """Loss of one encoded example and the figures worth logging. The engine asks sentences in just this way: no name is known, and presence
    is read from tokens alone."""
    device = model.device
    labels, valid = example.labels.to(device), example.valid.to(device)
    histogram = label_counts(example, labels)
    counts = example.askable.lut @ histogram
    index, weight, label_cells = sampled(example, labels, valid, counts, settings.cells, rng)
    asked = choose_prompts(example, counts, label_cells.cpu().numpy(), settings, rng)
    if not asked.names:
        return features.voxel.sum() * 0, {}
    vocabulary = Vocabulary.load()
    texts = [worded(rng, name, vocabulary) for name in asked.names]
    query = model.query_text(torch.from_numpy(TextTower.load().embed(texts)))
    with native_autocast(device):
        logits = model.head.logits(features.voxel[0].flatten(1).T[index], query)
    logits = logits.float()
    lut = torch.tensor(asked.lut, device=device)
    target = lut.T[label_cells].permute(0, 2, 1).float()
    present = torch.tensor(asked.lut @ histogram > 0, device=device)
    missing, entropy = dense_loss(logits, target, weight, present)
    seen = model.presence(features.tokens[0].float(), features.share[0].float(), query)
    loss = missing + 3 * entropy + F.binary_cross_entropy_with_logits(seen, present.float())
    rivals = torch.tensor(asked.rivals, device=device)
    if rivals.any():
        unlike, unsure = competition_loss(logits[:, rivals], target[:, rivals], weight)
        loss = loss + unlike + unsure
    right = ((seen > 0) == present).float().mean()
    return loss, {"words": loss.item(), "dice_words": 1 - missing.item(), "presence_words_right": right.item()}


def choose_prompts(
    example: Example, counts: np.ndarray, label_cells: np.ndarray, settings: FreeWordsSettings, rng: np.random.Generator
) -> Prompts:
    """What to ask of an example. counts: voxels of each of its askable rows; label_cells: [m, 8] labels of sampled cells."""
    asked = example.askable
    row_of = {name: row for row, name in enumerate(asked.names)}
    single = rng.permutation(np.flatnonzero(asked.single & (counts >= IN_VIEW_VOXELS)))
    seats = single[np.argsort(~asked.lesion[single], kind="stable")][: settings.structures]
    sides = [row for seat in seats if (row := _other_side(asked.names[seat], row_of)) is not None]
    beside = [row for seat in seats if (row := _neighbour(asked.lut, seat, single, label_cells)) is not None]
    rivals = [row for row in dict.fromkeys([*seats, *sides, *beside]) if counts[row] > 0]
    same = called_the_same(Vocabulary.load(), [name for name, count in zip(asked.names, counts, strict=True) if count])
    gone = rng.permutation([row for row in np.flatnonzero(counts == 0) if asked.names[row] not in same]).astype(int)
    gone = gone[np.argsort(~asked.beyond[gone], kind="stable")]
    absent = list(dict.fromkeys([*(row for row in sides if counts[row] == 0), *gone]))[: settings.absent]
    groups = _groups(row_of, counts, settings.groups, rng)
    rows = [*rivals, *absent]
    return Prompts(
        (*(asked.names[row] for row in rows), *groups),
        np.array([*(asked.lut[row] for row in rows), *(asked.lut[members].any(0) for members in groups.values())]),
        np.arange(len(rows) + len(groups)) < len(rivals),
    )


def _other_side(name: str, row_of: dict[str, int]) -> int | None:
    return row_of.get(Vocabulary.load()[name].partner)


def _neighbour(lut: np.ndarray, row: int, singles: np.ndarray, label_cells: np.ndarray) -> int | None:
    """The row of `singles` that shares most cells with `row`, which is one of them; None where no other does."""
    touching = label_cells[lut[row][label_cells].any(1)]
    shared = lut[singles] @ np.bincount(touching.ravel(), minlength=lut.shape[1])
    shared[singles == row] = 0
    return int(singles[shared.argmax()]) if shared.any() else None


def _groups(row_of: dict[str, int], counts: np.ndarray, most: int, rng: np.random.Generator) -> dict[str, list[int]]:
    """Groups of which everything may be asked → their rows."""
    whole = {
        name: [row_of[one] for one in members]
        for name, members in Vocabulary.load().groups.items()
        if all(one in row_of for one in members)
    }
    names = [str(name) for name in rng.permutation(sorted(whole))]
    if rng.random() < GROUP_IN_VIEW:
        names.sort(key=lambda name: not counts[whole[name]].any())
    return {name: whole[name] for name in names[:most]}
