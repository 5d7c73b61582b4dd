"""What an optimiser keeps of each weight, by the name of the weight: numbers change with whatever else is trained."""

from itertools import chain

import torch
from torch import nn

from mrifoundation.errors import InputError
from mrifoundation_training.muon import MuonWithAdamW

# What Muon keeps of a weight, and AdamW never does.
OF_MUON = "momentum_buffer"


def names_of(model: nn.Module, stage: nn.Module | None = None) -> dict[nn.Parameter, str]:
    """Names of all weights, as a `Learner` of both has them."""
    parts = {"model": model} | ({} if stage is None else {"stage": stage})
    return {own: f"{part}.{name}" for part, module in parts.items() for name, own in module.named_parameters()}


def moments(
    optimizer: torch.optim.Optimizer | MuonWithAdamW, names: dict[nn.Parameter, str]
) -> dict[str, torch.Tensor]:
    """The name of a weight, a dot and what is kept of it → its values."""
    return {f"{names[own]}.{what}": value for own, kept in optimizer.state.items() for what, value in kept.items()}


def restore_moments(
    optimizer: torch.optim.Optimizer | MuonWithAdamW, names: dict[nn.Parameter, str], tensors: dict[str, torch.Tensor]
) -> None:
    """Take up what `moments` gave. Weights that it tells nothing of begin without any; those that are not trained any more are left out.

    Raises InputError when another kind of optimiser kept them."""
    muon = isinstance(optimizer, MuonWithAdamW)
    if tensors and any(key.endswith(OF_MUON) for key in tensors) != muon:
        other = "adamw" if muon else "muon"
        raise InputError(f"The run was trained with optimizer={other}; go on with that, or begin another with init=….")
    kept: dict[str, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        name, what = key.rsplit(".", 1)
        kept.setdefault(name, {})[what] = _laid_out(value)
    order = [names[own] for own in _weights(optimizer)]
    if any(name.isdigit() for name in kept):
        kept = _named(kept, order, first=len(order) - len(optimizer.matrices) if muon else len(order))
    state = {number: kept[name] for number, name in enumerate(order) if name in kept}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _weights(optimizer: torch.optim.Optimizer | MuonWithAdamW) -> list[nn.Parameter]:
    """In the order in which the optimiser's state numbers them."""
    if isinstance(optimizer, MuonWithAdamW):
        return optimizer.weights
    return list(chain.from_iterable(group["params"] for group in optimizer.param_groups))


def _named(
    kept: dict[str, dict[str, torch.Tensor]], order: list[str], first: int
) -> dict[str, dict[str, torch.Tensor]]:
    """What saves from before the names have by number: the network's weights that AdamW moves, those of a stage, then Muon's.

    order: today's; first: the number today of the first weight of Muon. A run that gained or lost a stage has other numbers from there."""
    by_number = {int(number): values for number, values in kept.items()}
    # The first convolution of a network is moved by every step.
    then = min((number for number, values in by_number.items() if OF_MUON in values), default=len(order))
    adamw = {order[n]: values for n, values in by_number.items() if n < min(then, first)}
    muon = {order[first + n - then]: values for n, values in by_number.items() if n >= then and first < len(order)}
    return adamw | muon


def _laid_out(value: torch.Tensor) -> torch.Tensor:
    """The fused optimiser walks memory, not indices: its averages must be laid out as their parameters are."""
    return value.contiguous(memory_format=torch.channels_last_3d) if value.ndim == 5 else value
