"""How people write what they ask for: a synonym, a description, the side said otherwise, words around it, slips of the keyboard."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
import yaml

from mrifoundation.anatomy import Vocabulary
from mrifoundation.anatomy.descriptions import descriptions_of
from mrifoundation.anatomy.entries import sideless
from mrifoundation.anatomy.index import index_of
from mrifoundation.anatomy.wording import canonical

SLIPPED = 0.4  # of the prompts hold slips
DESCRIBED = 0.4  # are a description, where there is one
BOTH = 0.3  # of those for two sides together say so
TRIES = 5
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def worded(rng: np.random.Generator, name: str, vocabulary: Vocabulary) -> str:
    """A prompt for a structure or group, never one that the vocabulary reads as something else."""
    if name in vocabulary.groups:
        core = _own(rng, name, [name, *vocabulary.group_synonyms.get(name, ())], "", vocabulary)
    else:
        core = _structure(rng, name, vocabulary)
    return _drawn(rng, forms()["around"]).format(core)


def _structure(rng: np.random.Generator, name: str, vocabulary: Vocabulary) -> str:
    structure = vocabulary[name]
    side = structure.side if structure.partner else None
    described = descriptions_of(name)
    if described and rng.random() < DESCRIBED:
        core = _drawn(rng, described)
    else:
        spelled = [one.removeprefix(f"{side} ") for one in (name, *structure.synonyms)]
        core = _own(rng, name, spelled, f"{side} " if side else "", vocabulary)
    if side and side not in core.split():
        return _drawn(rng, forms()["side"][side]).format(core)
    if len(vocabulary.sides_of(name)) == 2 and rng.random() < BOTH:
        return _drawn(rng, forms()["both"]).format(core)
    return core


def _own(rng: np.random.Generator, name: str, spelled: list[str], before: str, vocabulary: Vocabulary) -> str:
    """One of several spellings, perhaps with slips, that is nobody else's with what stands `before` it; else the first."""
    for _ in range(TRIES):
        text = _drawn(rng, spelled)
        if rng.random() < SLIPPED:
            text = slipped(rng, text)
        readings = [index_of(vocabulary).exact(canonical(one)) for one in {before + text, text}]
        if all(found is None or found.name in (name, sideless(name)) for found in readings):
            return text
    return spelled[0]


def slipped(rng: np.random.Generator, text: str) -> str:
    """The text with a letter or two wrong: exchanged, left out, doubled, or the next key's. Short words and numbers stay, as one slip makes
    them another's."""
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    for n in rng.permutation(long)[: int(rng.integers(1, 3))]:
        words[n] = _slip(rng, words[n])
    return " ".join(words)


def _slip(rng: np.random.Generator, word: str) -> str:
    place, kind = int(rng.integers(1, len(word) - 1)), int(rng.integers(4))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    if kind == 0:
        return before + after[0] + letter + after[1:]
    return before + ("", letter * 2, _next_key(rng, letter))[kind - 1] + after


def _next_key(rng: np.random.Generator, letter: str) -> str:
    row = next((row for row in KEYS if letter in row), letter)
    place = row.find(letter) + int(rng.choice((-1, 1)))
    return row[min(max(place, 0), len(row) - 1)]


def _drawn(rng: np.random.Generator, of) -> str:
    return of[int(rng.integers(len(of)))]


@lru_cache(maxsize=1)
def forms() -> dict:
    """Templates."""
    return yaml.safe_load((files(__package__) / "forms.yaml").read_text(encoding="utf-8"))
