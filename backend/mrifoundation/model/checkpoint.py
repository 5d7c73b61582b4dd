"""Weights on disk: `weights.safetensors` beside `card.json`. Loading reads tensors and JSON only; nothing is ever unpickled."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mrifoundation.errors import InputError
from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.foundation import FoundationModel

FORMAT = 1
WEIGHTS, CARD = "weights.safetensors", "card.json"


@dataclass(frozen=True)
class Card:
    """What a person must know of a set of weights.

    name, version: of the weights. licence: SPDX id of the weights (the code's licence is another matter).
    training_data: one dict a source (source, cases, licence, tier, cite). training: how it was trained (steps, minutes, hardware, commit).
    scores: what `mrifoundation evaluate` measured, with the command. preprocessing: the constants of `volume.adapt` it was trained with.
    intended_use and limits: plain sentences. sha256: of the weights file, filled in when saved.
    """

    name: str
    version: str
    licence: str
    config: NetworkConfig
    training_data: list[dict] = field(default_factory=list)
    training: dict = field(default_factory=dict)
    scores: list[dict] = field(default_factory=list)
    preprocessing: dict = field(default_factory=dict)
    intended_use: str = "Research only; not for clinical decisions."
    limits: list[str] = field(default_factory=list)
    sha256: str = ""
    format: int = FORMAT

    @property
    def model_id(self) -> str:
        """Tells encodings of different weights apart: name, version and the first 12 digits of the weights' SHA-256."""
        return f"{self.name}-{self.version}-{self.sha256[:12]}"


def save_model(folder: Path | str, model: FoundationModel, card: Card) -> Card:
    """Write both files atomically (each is complete or not there), weights as float16; returns the card with its checksum."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().to(torch.float16).contiguous() for k, v in model.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        weights = Path(scratch) / WEIGHTS
        save_file(tensors, weights)
        content = asdict(card) | {"sha256": _sha256(weights)}
        text = Path(scratch) / CARD
        text.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(weights, folder / WEIGHTS)
        os.replace(text, folder / CARD)
    return load_card(folder)


def load_card(folder: Path | str) -> Card:
    """The card in `folder`; raises InputError when it is missing, damaged or of a newer format."""
    path = Path(folder) / CARD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise InputError(f"The weights in {folder} were written by a newer version; update MRIFoundation.")
        return Card(**content | {"config": NetworkConfig(**content["config"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"No usable model card in {folder} ({CARD}); choose a folder that holds trained weights."
        ) from error


def load_model(folder: Path | str, device: torch.device | str = "cpu") -> tuple[FoundationModel, Card]:
    """The model in `folder`, float32, in evaluation mode on `device`. Raises InputError for missing, damaged or altered weights."""
    card, path = load_card(folder), Path(folder) / WEIGHTS
    if not path.is_file() or _sha256(path) != card.sha256:
        raise InputError(
            f"The weights in {folder} are missing or damaged (checksum differs from the card); copy them again."
        )
    model = FoundationModel(card.config)
    try:
        model.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"The weights in {folder} do not fit their card; copy both files again.") from error
    return model.to(device).eval(), card


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
