"""The layers that read sentences learn from scans that are encoded once; what known names ask is kept as it was."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from mrifoundation.model import Features, FoundationModel
from mrifoundation.model.prompt_head import PromptHead
from mrifoundation_training.data.example import Example
from mrifoundation_training.stages.free_words import FreeWordsSettings, free_words_loss

RATE, WARMING, CLIP = 1e-3, 0.03, 1.0


@dataclass(frozen=True, eq=False)
class Encoded:
    """An example, and what the network makes of it."""

    example: Example
    features: Features


def encoded(model: FoundationModel, examples: Iterable[Example]) -> Iterator[Encoded]:
    """Each example with its features, which no gradient goes through."""
    for one in examples:
        with torch.no_grad():
            yield Encoded(one, model.encode(one.image[None, None], one.valid[None, None], one.spacing[None]))


def fit(
    model: FoundationModel,
    seen: Sequence[Encoded],
    settings: FreeWordsSettings,
    steps: int,
    seed: int,
    told: Callable[[int, dict[str, float]], None] = lambda step, figures: None,
) -> None:
    """Teach `model.head` to read sentences, one example a step. told: hears the figures of every step."""
    before = copy.deepcopy(model.head)
    learning = [*model.head.text.parameters(), *model.head.weights.parameters()]
    optimiser = AdamW(learning, RATE)
    pace = OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=WARMING, cycle_momentum=False)
    for step in range(steps):
        rng = np.random.default_rng((seed, step))
        one = seen[int(rng.integers(len(seen)))]
        loss, figures = free_words_loss(model, one.features, one.example, settings, rng)
        if figures:
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learning, CLIP)
            optimiser.step()
            told(step + 1, figures)
        pace.step()
    _keep_names(model, before)


@torch.no_grad()
def _keep_names(model: FoundationModel, before: PromptHead) -> None:
    """Let the corrections of known names take up what the layers before them gave otherwise `before`, so that names ask as they did.

    Weights are saved with half precision, so that is what the layers are rounded to first."""
    head, names = model.head, model.name_text
    for parameter in (*head.text.parameters(), *head.weights.parameters()):
        parameter.copy_(parameter.half().float())
    head.correction.weight += before.text(names) - head.text(names)
    hidden = head.norm(head.text(names) + head.correction.weight)
    hidden = hidden / math.sqrt(hidden.shape[1])
    head.own_weights.weight += before.weights(hidden) - head.weights(hidden)
