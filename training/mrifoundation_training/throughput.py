"""How fast a run goes, and how much memory it takes."""

import resource
import sys
import time

import torch

from mrifoundation_training.data.example import Example


class Throughput:
    """Counts between readings. Reading synchronises nothing: an example counts when its losses are known."""

    def __init__(self, device: torch.device):
        self._device, self._started = device, time.monotonic()
        self._examples = self._voxels = 0

    def see(self, example: Example) -> None:
        self._examples += 1
        self._voxels += example.image.numel()

    def read(self) -> dict[str, float]:
        """examples_per_second and megavoxels_per_second since the last reading, memory_gib at most so far: of the GPU where there is
        one, else of this process."""
        seconds = time.monotonic() - self._started
        told = {
            "examples_per_second": self._examples / seconds,
            "megavoxels_per_second": self._voxels / 1e6 / seconds,
            "memory_gib": peak_memory(self._device) / 2**30,
        }
        self._examples = self._voxels = 0
        self._started = time.monotonic()
        return told


def together(readings: list[dict[str, float]]) -> dict[str, float]:
    """Of all processes: rates add up, memory is that of the one that takes most."""
    return {name: (max if name == "memory_gib" else sum)(one[name] for one in readings) for name in readings[0]}


def peak_memory(device: torch.device) -> int:
    """Bytes."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
