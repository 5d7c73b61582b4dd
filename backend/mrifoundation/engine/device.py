"""Which device runs the network, and how many threads it takes on a CPU."""

import os
from pathlib import Path

import torch

from mrifoundation.errors import InputError


def choose_device(wanted: str = "auto") -> torch.device:
    """The device for `wanted`: auto (CUDA when there is one, else the CPU), cpu, cuda or cuda:N. InputError when it is
    not there."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise InputError(f"'{wanted}' is no device; use auto, cpu or cuda.") from None
    if device.type == "cuda" and not (torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()):
        raise InputError(f"The device '{wanted}' is not there (or this torch was built without CUDA); use auto or cpu.")
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"The device '{wanted}' is not supported; use auto, cpu or cuda.")
    return device


def use_physical_cores() -> int:
    """Give torch one thread a physical core (a second hardware thread only slows convolutions); OMP_NUM_THREADS
    wins."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(physical_cores())
    return torch.get_num_threads()


def physical_cores() -> int:
    """Physical cores this process may use; all logical ones where the system does not tell."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    siblings = set()
    for cpu in allowed:
        try:
            siblings.add(Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text())
        except OSError:
            return len(allowed)
    return max(1, len(siblings))
