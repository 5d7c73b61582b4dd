"""Taught structures on disk: a JSON card and safetensors numbers a structure, in the user's folder; nothing is unpickled."""

import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from mrifoundation.anatomy.wording import canonical
from mrifoundation.engine.taught.card import TaughtCard, read_card, write_card
from mrifoundation.engine.taught.cells import ARRAYS, Cells
from mrifoundation.errors import InputError


@dataclass(frozen=True, eq=False)
class Kept:
    """What is kept of one lesson beside its card: cells, and the annotation, so that other weights can learn from it.

    mask: bool [i, j, k] on the scan's own grid; known: likewise, None everywhere.
    """

    cells: Cells
    mask: np.ndarray
    known: np.ndarray | None


def own_folder() -> Path:
    """The user's taught structures: $MRIFOUNDATION_STRUCTURES, else in the user's data folder."""
    named = os.environ.get("MRIFOUNDATION_STRUCTURES")
    return Path(named) if named else platformdirs.user_data_path("mrifoundation", appauthor=False) / "structures"


def card_path(name: str) -> Path:
    """Where the card of a structure lies, or would lie; spellings that are read as the same name share it."""
    return own_folder() / f"{canonical(name).replace(' ', '-')}.json"


def list_cards() -> list[TaughtCard]:
    """Cards of all structures that were taught, by name; one that cannot be read is left out."""
    cards = []
    for path in sorted(own_folder().glob("*.json")):
        with suppress(InputError):
            cards.append(read_card(path))
    return cards


def folder_stamp() -> tuple:
    """Changes whenever a structure is taught or removed, by whichever process."""
    try:
        with os.scandir(own_folder()) as entries:
            return tuple(sorted((e.name, e.stat().st_mtime_ns) for e in entries if e.name.endswith(".json")))
    except OSError:
        return ()


def find_card(name: str) -> TaughtCard | None:
    """The card of a taught structure; None when there is none. Raises InputError when it cannot be read."""
    path = card_path(name)
    return read_card(path) if canonical(name) and path.is_file() else None


def save_taught(card: TaughtCard, query: tuple[np.ndarray, float], lessons: Sequence[Kept]) -> TaughtCard:
    """Write both files, the numbers first, so that a card never stands beside numbers it does not belong to."""
    path = card_path(card.name)
    arrays = {"weights": query[0].astype(np.float32), "bias": np.array([query[1]], np.float32)}
    for number, kept in enumerate(lessons):
        own = kept.cells.arrays() | {"mask": _packed(kept.mask)}
        if kept.known is not None:
            own["annotated"] = _packed(kept.known)
        arrays |= {f"{number}.{name}": np.ascontiguousarray(array) for name, array in own.items()}
    content = save(arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
            (Path(scratch) / "numbers").write_bytes(content)
            card = replace(card, sha256=hashlib.sha256(content).hexdigest())
            write_card(Path(scratch) / "card", card)
            path.unlink(missing_ok=True)
            os.replace(Path(scratch) / "numbers", path.with_suffix(".safetensors"))
            os.replace(Path(scratch) / "card", path)
    except OSError as error:
        raise InputError(
            f"The structure cannot be kept in {path.parent} ({error.strerror}); make room or set MRIFOUNDATION_STRUCTURES."
        ) from error
    return card


def load_query(card: TaughtCard) -> tuple[np.ndarray, float, np.ndarray]:
    """Weights [C, 8], bias, and the embeddings [N, D] of the scans it was taught on. Raises InputError for damaged files."""
    with _numbers(card) as file:
        pooled = [file.get_tensor(f"{number}.pooled") for number in range(len(card.lessons))]
        return file.get_tensor("weights"), float(file.get_tensor("bias")[0]), np.stack(pooled)


def load_lessons(card: TaughtCard) -> list[Kept]:
    """All that is kept of each lesson. Raises InputError for damaged files."""
    with _numbers(card) as file:
        names, kept = set(file.keys()), []
        for number, lesson in enumerate(card.lessons):
            parts = {name: file.get_tensor(f"{number}.{name}") for name in ARRAYS}
            cells = Cells(**parts | {"known": parts["known"] > 0})
            known = f"{number}.annotated"
            kept.append(
                Kept(
                    cells,
                    _unpacked(file.get_tensor(f"{number}.mask"), lesson.shape),
                    _unpacked(file.get_tensor(known), lesson.shape) if known in names else None,
                )
            )
        return kept


def remove_taught(name: str) -> TaughtCard:
    """Forget a structure; gives what its card said. Raises InputError when there is none."""
    card = find_card(name)
    if card is None:
        raise InputError(f"Nothing was taught as '{name}'; see what was with: mrifoundation teach list.")
    path = card_path(name)
    path.unlink()
    path.with_suffix(".safetensors").unlink(missing_ok=True)
    return card


@contextmanager
def _numbers(card: TaughtCard) -> Iterator[safe_open]:
    """The open numbers of a card; what is damaged or altered becomes an InputError."""
    path = card_path(card.name).with_suffix(".safetensors")
    damaged = InputError(f"What was taught as '{card.name}' is damaged; remove it and teach it again.")
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() != card.sha256:
            raise damaged
        with safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise damaged from error


def _packed(mask: np.ndarray) -> np.ndarray:
    return np.frombuffer(zlib.compress(np.packbits(mask).tobytes(), 6), np.uint8)


def _unpacked(packed: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    bits = np.frombuffer(zlib.decompress(packed.tobytes()), np.uint8)
    return np.unpackbits(bits, count=int(np.prod(shape))).astype(bool).reshape(shape)
