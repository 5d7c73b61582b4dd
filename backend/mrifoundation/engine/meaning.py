"""Known names that are near in meaning to words that the vocabulary does not read: a suggestion, for a sentence encoder is no anatomist."""

import hashlib
import os
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from mrifoundation.anatomy import Vocabulary
from mrifoundation.anatomy.descriptions import descriptions_of
from mrifoundation.anatomy.entries import SIDES, sideless
from mrifoundation.engine.folders import cache_folder
from mrifoundation.errors import InputError

if TYPE_CHECKING:
    from mrifoundation.model.text_tower import TextTower

NEAR = 0.5  # cosine from which on a name is worth saying
_SIDE = re.compile(r"\b(left|right)(-sided)?\b", re.IGNORECASE)


def nearest_in_meaning(text: str, vocabulary: Vocabulary, known: Collection[str], most: int = 3) -> tuple[str, ...]:
    """Up to `most` of the `known` names, best first, on the side that the text tells; () where none is near or no encoder is installed."""
    names, wordings = _wordings(vocabulary, known)
    core = _SIDE.sub(" ", text).strip()
    if not names or not core:
        return ()
    from mrifoundation.model.text_tower import TextTower  # a large import that known names never need

    try:
        tower = TextTower.load()
        likeness = _kept(wordings, tower) @ tower.embed([core])[0]
    except InputError:  # the encoder is not installed: names are suggested by their letters alone
        return ()
    best: dict[str, float] = {}
    for name, value in zip(names, likeness.tolist(), strict=True):
        best[name] = max(value, best.get(name, NEAR))
    told = {side for side in SIDES if re.search(rf"\b{side}\b", text, re.IGNORECASE)}
    nearest = sorted((name for name in best if best[name] > NEAR), key=lambda name: -best[name])[:most]
    return tuple(_on_side(name, told, known) for name in nearest)


def _wordings(vocabulary: Vocabulary, known: Collection[str]) -> tuple[list[str], list[str]]:
    """Names without their side, and a wording of each: two lists of one length."""
    pairs = set()
    for structure in (one for one in vocabulary if one.name in known):
        name = sideless(structure.name) if structure.partner else structure.name
        for wording in (structure.name, *structure.synonyms, *descriptions_of(structure.name)):
            pairs.add((name, _SIDE.sub(" ", wording).strip() if structure.partner else wording))
    ordered = sorted(pairs)
    return [name for name, _ in ordered], [wording for _, wording in ordered]


def _on_side(name: str, told: set[str], known: Collection[str]) -> str:
    sides = [f"{side} {name}" for side in told if f"{side} {name}" in known]
    return sides[0] if len(sides) == 1 else name


def _kept(wordings: Sequence[str], tower: "TextTower") -> np.ndarray:
    """Their unit vectors [n, 384]; the last ones asked for lie in the cache folder, since a thousand wordings take seconds."""
    from mrifoundation.model.text_tower import SHA256

    digest = hashlib.sha256("\n".join((SHA256, *wordings)).encode()).hexdigest()
    path = cache_folder("words") / "wordings.npz"
    with suppress(OSError, ValueError, KeyError, BadZipFile), np.load(path, allow_pickle=False) as file:
        if str(file["digest"]) == digest:
            return file["vectors"]
    vectors = tower.embed(list(wordings))
    with suppress(OSError):  # a full disk costs time alone
        draft = path.with_name(f"{os.getpid()}.npz")
        np.savez(draft, digest=digest, vectors=vectors)
        draft.replace(path)
    return vectors
