"""What a run on many processes needs to go on exactly where it stopped: one folder a save, written by all, valid once it says COMPLETE.

The tensors are safetensors files by torch.distributed.checkpoint, so that nothing is ever unpickled. All processes must see the folder.
"""

import json
import shutil
import warnings
from pathlib import Path

import torch
from torch.distributed import checkpoint
from torch.distributed.tensor import DTensor

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation_training.learner import Learner
from mrifoundation_training.parallel.spreading import plain_name
from mrifoundation_training.parallel.world import World
from mrifoundation_training.whole_file import write_whole

COMPLETE = "COMPLETE"
STAGE = "stage."
KEPT = 2  # complete saves; the one before the last is there should the last be damaged


def save_shards(
    folder: Path,
    step: int,
    world: World,
    learner: Learner,
    average: FoundationModel,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Every process writes its part; the marker follows when all have, then older saves go."""
    target = folder / f"checkpoint-{step:09d}"
    if world.first:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
    world.wait()
    tensors = _tensors(learner, average, world.rank) | _moments(learner, optimizer)
    tensors = {name: one if isinstance(one, DTensor) else one.contiguous() for name, one in tensors.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is merged into one file is meant
        checkpoint.save(tensors, storage_writer=checkpoint.HuggingFaceStorageWriter(str(target), save_distributed=True))
    world.wait()
    if world.first:
        write_whole(target / COMPLETE, json.dumps({"step": step, "processes": world.size}) + "\n")
        _forget(folder, target)


def load_shards(
    folder: Path, world: World, learner: Learner, average: FoundationModel, optimizer: torch.optim.Optimizer
) -> int:
    """Restore the newest complete save and return the step to go on with; another number of processes goes on from it too, but then
    draws other examples. A stage that the run did not have so far begins as it is; one that it no longer has is left out.

    Raises InputError when there is none of this network."""
    newest = max(complete(folder), default=None)
    if newest is None:
        raise InputError(
            f"{folder} holds no complete save of a run on several processes; give the folder of the run itself."
        )
    told = json.loads((newest / COMPLETE).read_text(encoding="utf-8"))
    reader = checkpoint.HuggingFaceStorageReader(str(newest))
    there = reader.read_metadata().state_dict_metadata
    tensors = _tensors(learner, average, world.rank % told["processes"])
    if not any(name.startswith(STAGE) for name in there):
        tensors = {name: one for name, one in tensors.items() if not name.startswith(STAGE)}
    _begin(learner, optimizer, set(there))
    tensors |= _moments(learner, optimizer)
    try:
        checkpoint.load(tensors, storage_reader=checkpoint.HuggingFaceStorageReader(str(newest)))
    except (RuntimeError, ValueError, checkpoint.CheckpointException) as error:
        raise InputError(
            f"{newest} holds no state of this network to resume from; give the folder of the run itself."
        ) from error
    return told["step"]


def complete(folder: Path) -> list[Path]:
    """Saves that all processes finished, the oldest first."""
    return sorted(marker.parent for marker in folder.glob(f"checkpoint-*/{COMPLETE}"))


def _forget(folder: Path, newest: Path) -> None:
    """Remove older saves, and those that were cut off."""
    kept = {newest, *complete(folder)[-KEPT:]}
    for other in folder.glob("checkpoint-*"):
        if other not in kept:
            shutil.rmtree(other, ignore_errors=True)


def _tensors(learner: Learner, average: FoundationModel, rank: int) -> dict[str, torch.Tensor]:
    """Name → tensor, to be written from or read into. What a stage remembers differs from process to process and is kept of each."""
    found = {f"model.{plain_name(name)}": one for name, one in learner.model.state_dict().items()}
    found |= {f"average.{plain_name(name)}": one for name, one in average.state_dict().items()}
    if learner.stage is not None:
        found |= {f"{STAGE}{name}": one.data for name, one in learner.stage.named_parameters()}
        found |= {f"{STAGE}{rank}.{name}": one for name, one in learner.stage.named_buffers()}
    return {name: _listed(one) for name, one in found.items()}


def _moments(learner: Learner, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """What the optimiser keeps of each weight that it has moved."""
    return {
        f"optimizer.{plain_name(name)}.{what}": _listed(value)
        for name, own in learner.named_parameters()
        for what, value in optimizer.state.get(own, {}).items()
    }


def _begin(learner: Learner, optimizer: torch.optim.Optimizer, there: set[str]) -> None:
    """Make room for what was kept of each weight, by a step of no length."""
    moved = {name.removeprefix("optimizer.").rsplit(".", 1)[0] for name in there if name.startswith("optimizer.")}
    for name, own in learner.named_parameters():
        if plain_name(name) in moved:
            own.grad = torch.zeros_like(own, memory_format=torch.preserve_format)
    rates = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    optimizer.step()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)


def _listed(one: torch.Tensor) -> torch.Tensor:
    """A single number as a list of one, in the same memory: the files have no other."""
    return one.view(1) if one.ndim == 0 else one
