"""The one pooling there is: tokens averaged under a mask, whether the mask is 'what is real' or 'this region'."""

import torch


def pool(tokens: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """tokens [..., T, D] averaged with weight [..., T] (≥ 0) → unit vectors [..., D]; all-zero weights give an even average."""
    weight = torch.where(weight.sum(-1, keepdim=True) > 0, weight, torch.ones_like(weight))
    mean = (tokens * weight[..., None]).sum(-2) / weight.sum(-1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)
