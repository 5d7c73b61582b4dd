"""Who takes part in a run: one process, or those that torchrun started."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import torch
from torch import distributed

from mrifoundation.errors import InputError

# The first process writes weights and state while the others wait; with a slow store that takes minutes.
PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class World:
    """rank: of this process, 0 to size - 1; device: its own."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process prints and writes what is written once."""
        return self.rank == 0

    def gather(self, told) -> list:
        """What every process told, by rank; all must call it."""
        if self.size == 1:
            return [told]
        everyone = [None] * self.size
        distributed.all_gather_object(everyone, told)
        return everyone

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            distributed.barrier()


@contextmanager
def joined(device: str) -> Iterator[World]:
    """The world of this process, by the variables that torchrun sets (RANK, WORLD_SIZE, LOCAL_RANK); left at the end by whoever joined.

    device: auto, cpu or cuda; each process of a computer takes a GPU of its own."""
    kind = _kind(device)
    size = _size()
    if size == 1:
        yield World(torch.device(kind))
        return
    own = torch.device(kind, int(os.environ["LOCAL_RANK"])) if kind == "cuda" else torch.device(kind)
    if own.type == "cuda":
        torch.cuda.set_device(own)
    if distributed.is_initialized():
        yield World(own, distributed.get_rank(), size)
        return
    distributed.init_process_group("cuda:nccl,cpu:gloo" if own.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield World(own, distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()


def _kind(device: str) -> str:
    """What `auto` stands for. Raises InputError for a device that there is not."""
    there = torch.cuda.is_available()
    if device == "auto":
        return "cuda" if there else "cpu"
    try:
        known = torch.device(device).type in ("cpu", "cuda")
    except RuntimeError:
        known = False
    if not known:
        raise InputError(f"There is no device '{device}' to train on; set device=auto, cpu or cuda.")
    if device.startswith("cuda") and not there:
        raise InputError("PyTorch finds no CUDA GPU here; set device=cpu, or install its CUDA build and a driver.")
    return device


def leave(code: int) -> NoReturn:
    """End this process with the exit code `code`, without Python's own tidying where it shared a run.

    DDP and FSDP keep the group's threads alive after it is destroyed. One that lets go of its last tensor while Python tidies up takes
    the process down with it ("terminate called without an active exception"), and torchrun calls a run failed that had saved all.
    """
    if _size() == 1:
        sys.exit(code)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _size() -> int:
    """How many processes torchrun started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))
