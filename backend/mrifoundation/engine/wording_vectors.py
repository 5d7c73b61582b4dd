"""What wordings mean to the sentence encoder. Those of the vocabulary ship: reading them all would take it twenty seconds."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

SHIPPED = Path(__file__).with_name("wording_vectors.safetensors")

_read: dict[str, np.ndarray] = {}


def vectors_of(wordings: Sequence[str]) -> np.ndarray:
    """Unit vectors float32 [len(wordings), 384] of what structures are called. What does not ship, as a taught name, is read once in a
    process. Raises InputError as `read` does."""
    shipped = _shipped()
    new = [one for one in dict.fromkeys(wordings) if one not in shipped and one not in _read]
    if new:
        _read.update(zip(new, read(new), strict=True))
    return np.stack([shipped[one] if one in shipped else _read[one] for one in wordings])


def read(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors float32 [len(texts), 384]; raises InputError where no sentence encoder is installed."""
    from mrifoundation.model.text_tower import TextTower  # a large import that known names never need

    return TextTower.load().embed(list(texts))


def write_vectors(wordings: Sequence[str], path: Path = SHIPPED) -> None:
    """Read `wordings` and keep what they mean, in half precision."""
    vectors = read(wordings).astype(np.float16)
    save_file({"vectors": vectors}, path, {"wordings": json.dumps(list(wordings))})


@lru_cache(maxsize=1)
def _shipped() -> dict[str, np.ndarray]:
    with safe_open(SHIPPED, framework="numpy") as file:
        vectors = file.get_tensor("vectors").astype(np.float32)
        return dict(zip(json.loads(file.metadata()["wordings"]), vectors, strict=True))
