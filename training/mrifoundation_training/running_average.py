"""The running average of the weights, which is what is saved for use."""

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the average towards the model: `decay` of it stays."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
