"""The network run by torch, watched module by module: progress is shown and a cancel is heard within one layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from mrifoundation.model.precision import native_autocast


class TorchRuntime:
    """Runs the network on its device; in bfloat16 where the hardware multiplies it natively."""

    name = "torch"

    def __init__(self, network: nn.Module, device: torch.device):
        self._network = network.to(memory_format=torch.channels_last_3d)
        self._device = device
        self._leaves = [module for module in network.modules() if next(module.children(), None) is None]

    def __call__(
        self,
        image: torch.Tensor,
        valid: torch.Tensor,
        spacing: torch.Tensor,
        step: Callable[[float], None] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """As `tiling.Run`; `step(fraction)` is called before each layer and may raise to stop."""
        image, valid, spacing = (tensor.to(self._device) for tensor in (image, valid, spacing))
        with torch.inference_mode(), native_autocast(self._device), self._watched(step):
            return self._network(image, valid, spacing)

    @contextmanager
    def _watched(self, step: Callable[[float], None] | None) -> Iterator[None]:
        if step is None:
            yield
            return
        done = 0

        def before(module: nn.Module, inputs: tuple) -> None:
            nonlocal done
            step(min(1.0, done / len(self._leaves)))
            done += 1

        handles = [leaf.register_forward_pre_hook(before) for leaf in self._leaves]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
