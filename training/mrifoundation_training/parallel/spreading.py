"""A learner on many GPUs: DDP (the whole network on each) or FSDP2 (each keeps a part of every weight)."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import parametrize
from torch.utils.checkpoint import checkpoint

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation.model.residual_block import ResidualBlock
from mrifoundation_training.learner import Learner
from mrifoundation_training.parallel.world import World

DDP, FSDP = "ddp", "fsdp"
BLOCKS = (ResidualBlock, nn.TransformerEncoderLayer)


def check(parallel: str) -> None:
    """Raises InputError for a way that is none."""
    if parallel not in (DDP, FSDP):
        raise InputError(f"'{parallel}' spreads nothing over GPUs; set parallel=ddp or parallel=fsdp.")


def recompute(model: FoundationModel) -> None:
    """Keep no activations inside blocks; the way back computes them once more. For a model that is not copied afterwards."""
    for block in model.modules():
        if isinstance(block, BLOCKS):
            block.forward = _Recomputed(block.forward)


class _Recomputed:
    def __init__(self, forward):
        self._forward = forward

    def __call__(self, *inputs, **named):
        return checkpoint(self._forward, *inputs, use_reentrant=False, preserve_rng_state=False, **named)


def shaped_for_shards(model: FoundationModel) -> None:
    """FSDP2 shards along the first dimension and takes no number without one, so these become vectors of length one."""
    for module in model.modules():
        for name, own in list(module.named_parameters(recurse=False)):
            if own.ndim == 0:
                parametrize.register_parametrization(module, name, _Single())


class _Single(nn.Module):
    def forward(self, stored: torch.Tensor) -> torch.Tensor:
        return stored[0]

    def right_inverse(self, value: torch.Tensor) -> torch.Tensor:
        return value[None]


def plain_name(name: str) -> str:
    """The name of a parameter as it is in weights for use."""
    return name.replace("parametrizations.", "").removesuffix(".original")


def shard(learner: Learner, average: FoundationModel, world: World) -> None:
    """Spread both over all processes, in place; before the optimiser is made.

    A block is gathered when its turn comes. With the student–teacher stage processes differ in how often they run the network, and
    gathering must not, so there all is gathered at once."""
    mesh = init_device_mesh(world.device.type, (world.size,))
    if learner.stage is None:
        for module in list(learner.model.modules()):
            if isinstance(module, BLOCKS):
                fully_shard(module, mesh=mesh)
    fully_shard(learner, mesh=mesh)
    fully_shard(average, mesh=mesh)


def replicate(learner: Learner) -> DistributedDataParallel:
    """The same learner on all processes. Unused parameters are looked for: what is asked differs from one example to the next."""
    return DistributedDataParallel(learner, broadcast_buffers=False, find_unused_parameters=True)


@contextmanager
def gathered(module: nn.Module) -> Iterator[None]:
    """Whole weights on every process for as long as it lasts; nothing to do for what is not sharded."""
    if not isinstance(module, FSDPModule):
        yield
        return
    module.unshard()
    try:
        yield
    finally:
        module.reshard()


@contextmanager
def accumulating(spread: nn.Module, last: bool) -> Iterator[None]:
    """Gradients stay with each process until the `last` of a step."""
    if isinstance(spread, FSDPModule):
        spread.set_requires_gradient_sync(last)
    keep = isinstance(spread, DistributedDataParallel) and not last
    with spread.no_sync() if keep else nullcontext():
        yield


def clip(parameters: list[nn.Parameter], most: float) -> torch.Tensor:
    """Scale all gradients so that their norm is at most `most`; the norm before, the same on every process."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, most)
    return norm.full_tensor() if isinstance(norm, DTensor) else norm


def whole(model: FoundationModel) -> FoundationModel:
    """The same model with all of its weights in one place, on the CPU; all processes must call it."""
    if not isinstance(model, FSDPModule):
        return model
    copy = FoundationModel(model.config)
    tensors = {
        plain_name(name): (own.full_tensor() if isinstance(own, DTensor) else own).detach().cpu()
        for name, own in model.state_dict().items()
    }
    shapes = {name: own.shape for name, own in copy.state_dict().items()}
    copy.load_state_dict({name: own.reshape(shapes[name]) for name, own in tensors.items()})
    return copy
