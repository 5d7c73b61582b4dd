"""A reader of marks from examples: a small perceptron, fitted by cross-entropy."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from mrifoundation.engine.refinement.reader import FURTHEST, Reader
from mrifoundation_training.clicks.recording import Example

HIDDEN = 32
BATCH = 8192
EPOCHS = 6
LEARNING_RATE = 6e-3


def fit(examples: Sequence[Example], seed: int = 0) -> Reader:
    """The reader of these examples, all of one kind. A source counts as the square root of how many examples it has."""
    torch.manual_seed(seed)
    counts = Counter(one.source for one in examples)
    table = torch.tensor(np.concatenate([one.clues for one in examples]).astype(np.float32))
    right = torch.tensor(np.concatenate([one.right for one in examples]).astype(np.float32))
    weight = torch.tensor(np.concatenate([np.full(len(one.right), counts[one.source] ** -0.5) for one in examples]))
    weight = (weight / weight.mean()).float()
    mean, spread = table.mean(0), table.std(0) + 1e-3
    table = ((table - mean) / spread).clamp(-FURTHEST, FURTHEST)
    network = nn.Sequential(
        nn.Linear(table.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
    )
    steps = EPOCHS * (len(table) // BATCH + 1)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, steps)
    for _ in range(steps):
        chosen = torch.randint(0, len(table), (BATCH,))
        each = nn.functional.binary_cross_entropy_with_logits(
            network(table[chosen])[:, 0], right[chosen], reduction="none"
        )
        optimiser.zero_grad()
        (weight[chosen] * each).mean().backward()
        optimiser.step()
        schedule.step()
    layers = [one for one in network if isinstance(one, nn.Linear)]
    numbers = tuple((_plain(one.weight.T), _plain(one.bias)) for one in layers)
    return Reader(numbers, mean.numpy(), spread.numpy())


def _plain(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy())
