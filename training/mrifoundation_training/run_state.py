"""Everything a run needs to go on exactly where it stopped: tensors in safetensors, numbers in JSON, replaced atomically."""

import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel
from mrifoundation_training.moments import moments, names_of, restore_moments
from mrifoundation_training.muon import MuonWithAdamW

TENSORS, NUMBERS = "state.safetensors", "state.json"


def save_state(
    folder: Path,
    step: int,
    model: FoundationModel,
    average: FoundationModel,
    optimizer: torch.optim.Optimizer | MuonWithAdamW,
    stage: torch.nn.Module | None = None,
) -> None:
    """Examples are drawn from (seed, step) alone, so the step is all there is to say about the data.

    stage: what a stage keeps beside the network, such as the heads and the memory of the student–teacher stage."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    if stage is not None:
        tensors |= {f"stage.{k}": v for k, v in stage.state_dict().items()}
    tensors |= {f"optimizer.{k}": v for k, v in moments(optimizer, names_of(model, stage)).items()}
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{TENSORS}"
    # The step travels inside the tensor file too: one rename makes both valid at once.
    save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, scratch, metadata={"step": str(step)})
    os.replace(scratch, folder / TENSORS)
    (folder / NUMBERS).write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")


def load_state(
    folder: Path,
    model: FoundationModel,
    average: FoundationModel,
    optimizer: torch.optim.Optimizer | MuonWithAdamW,
    stage: torch.nn.Module | None = None,
) -> int:
    """Restore and return the step to go on with. Raises InputError when the folder holds no state of this network.

    A stage that the run did not have so far begins as it is; one that it no longer has is left out."""
    from safetensors import safe_open

    try:
        tensors = load_file(folder / TENSORS)
        with safe_open(folder / TENSORS, framework="pt") as file:
            step = int(file.metadata()["step"])
        model.load_state_dict(_part(tensors, "model."))
        average.load_state_dict(_part(tensors, "average."))
        if stage is not None and (kept := _part(tensors, "stage.")):
            stage.load_state_dict(kept)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{folder} holds no state of this network to resume from; give the folder of the run itself."
        ) from error
    restore_moments(optimizer, names_of(model, stage), _part(tensors, "optimizer."))
    return step


def _part(tensors: dict, prefix: str) -> dict:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
