"""Which device runs the network, and how many threads it takes on a CPU."""

import logging
import os
from pathlib import Path

import torch

from mrifoundation.errors import InputError

log = logging.getLogger(__name__)


def choose_device(wanted: str = "auto") -> torch.device:
    """The device for `wanted`: auto (CUDA where it computes, else the CPU), cpu, cuda or cuda:N. InputError when it is
    not there or does not compute."""
    if wanted == "auto":
        return _cuda_where_it_computes()
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise InputError(f"'{wanted}' is no device; use auto, cpu or cuda.") from None
    if device.type == "cuda" and not (torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()):
        raise InputError(f"The device '{wanted}' is not there (or this torch was built without CUDA); use auto or cpu.")
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"The device '{wanted}' is not supported; use auto, cpu or cuda.")
    if device.type == "cuda" and (reason := _why_not(device)):
        raise InputError(f"This torch cannot compute on the device '{wanted}' ({reason}); use auto or cpu.")
    return device


def _cuda_where_it_computes() -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    cuda = torch.device("cuda")
    reason = _why_not(cuda)
    if reason:
        log.warning("This torch cannot compute on the GPU, so the CPU does the work: %s", reason)
        return torch.device("cpu")
    return cuda


def _why_not(device: torch.device) -> str:
    """Why this torch cannot compute there, "" when it can. A GPU is there for torch also when it has no kernels for it."""
    try:
        (torch.ones(1, device=device) + 1).item()
    except RuntimeError as error:
        return str(error).splitlines()[0]
    return ""


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
