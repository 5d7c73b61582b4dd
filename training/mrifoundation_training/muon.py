"""Muon for the convolutions, AdamW for everything else, as one optimiser."""

import math
from typing import Any

import torch
from torch import nn

from mrifoundation_training.orthogonal import orthogonal

# Matrices thinner than this have too few directions for making them orthogonal to mean anything.
THINNEST = 16

# Root mean square of AdamW's steps in units of the learning rate (Liu et al., Muon is Scalable for LLM Training, 2025).
LIKE_ADAMW = 0.2


class MuonWithAdamW:
    """Muon (Jordan, 2024, kellerjordan.github.io/posts/muon) moves each convolution as one matrix, outputs × (inputs · places), by a step
    whose singular values are all alike, as long as AdamW's would be, so that both go by one learning rate.

    groups: as of `torch.optim.AdamW`, each with its pace; convolutions among them go to Muon. Weights must be laid out for good before
    (`channels_last_3d` or contiguous), for Muon works on views of them."""

    def __init__(self, groups: list[dict], lr: float, weight_decay: float):
        self._flat: list[tuple[nn.Parameter, nn.Parameter]] = []
        moved = []
        for group in groups:
            convolutions = [p for p in group["params"] if _is_matrix(p)]
            self._flat += [(p, nn.Parameter(_as_matrix(p))) for p in convolutions]
            flat = [matrix for _, matrix in self._flat[len(self._flat) - len(convolutions) :]]
            moved += [{**group, "params": flat}] if flat else []
        taken = {id(p) for p, _ in self._flat}
        rest = [{**group, "params": [p for p in group["params"] if id(p) not in taken]} for group in groups]
        self._adamw = torch.optim.AdamW(rest, lr=lr, weight_decay=weight_decay, fused=True)
        self._muon = _Muon(moved, lr=lr, weight_decay=weight_decay)

    @property
    def param_groups(self) -> list[dict]:
        """AdamW's, then Muon's."""
        return self._adamw.param_groups + self._muon.param_groups

    @property
    def matrices(self) -> list[nn.Parameter]:
        """The weights that Muon moves."""
        return [weight for weight, _ in self._flat]

    @property
    def weights(self) -> list[nn.Parameter]:
        """All, in the order in which `state_dict` numbers them."""
        return [own for group in self._adamw.param_groups for own in group["params"]] + self.matrices

    @property
    def state(self) -> dict[nn.Parameter, dict[str, torch.Tensor]]:
        """What is kept of each weight that was moved, to be read or overwritten in place; of convolutions as of matrices."""
        kept = {weight: self._muon.state[matrix] for weight, matrix in self._flat if matrix in self._muon.state}
        return {**self._adamw.state, **kept}

    def zero_grad(self, set_to_none: bool = True) -> None:
        self._adamw.zero_grad(set_to_none)
        for convolution, _ in self._flat:
            convolution.grad = None

    def step(self) -> None:
        for convolution, matrix in self._flat:
            matrix.grad = None if convolution.grad is None else _as_matrix(convolution, convolution.grad)
        self._adamw.step()
        self._muon.step()

    def state_dict(self) -> dict[str, Any]:
        """As of one optimiser: AdamW's parameters are numbered first, then Muon's."""
        adamw, muon = self._adamw.state_dict(), self._muon.state_dict()
        first = _count(adamw)
        groups = [{**group, "params": [first + n for n in group["params"]]} for group in muon["param_groups"]]
        return {
            "state": adamw["state"] | {first + n: kept for n, kept in muon["state"].items()},
            "param_groups": adamw["param_groups"] + groups,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        adamw, muon = self._adamw.state_dict(), self._muon.state_dict()
        first = _count(adamw)
        own = {n: kept for n, kept in state["state"].items() if n < first}
        other = {n - first: kept for n, kept in state["state"].items() if n >= first}
        self._adamw.load_state_dict({"state": own, "param_groups": adamw["param_groups"]})
        self._muon.load_state_dict({"state": other, "param_groups": muon["param_groups"]})


class _Muon(torch.optim.Muon):
    """PyTorch's, whose own step makes matrices orthogonal in bfloat16: a hundred times as long on CPUs that do not multiply it."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                momentum = self.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight.grad))
                momentum.lerp_(weight.grad, 1 - group["momentum"])
                direction = orthogonal(
                    weight.grad.lerp(momentum, group["momentum"]), group["ns_coefficients"], group["ns_steps"]
                )
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(direction, alpha=-group["lr"] * LIKE_ADAMW * math.sqrt(max(weight.shape)))


def _is_matrix(weight: torch.Tensor) -> bool:
    return weight.ndim == 5 and min(weight.shape[0], weight[0].numel()) >= THINNEST


def _as_matrix(weight: torch.Tensor, values: torch.Tensor | None = None) -> torch.Tensor:
    """`values`, by default the weight itself (then a view of it), as a matrix whose first axis is the weight's."""
    values = weight.detach() if values is None else values
    order = (0, 2, 3, 4, 1) if weight.is_contiguous(memory_format=torch.channels_last_3d) else range(5)
    return values.permute(*order).flatten(1)


def _count(state: dict[str, Any]) -> int:
    return sum(len(group["params"]) for group in state["param_groups"])
