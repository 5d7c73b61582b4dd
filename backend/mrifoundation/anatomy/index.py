"""Every wording of the vocabulary, ready to be looked up: as it stands, in another order, or misspelt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from .entries import SIDES
from .sides import take_sides
from .vocabulary import Vocabulary
from .wording import canonical

_LINKING = frozenset({"of", "in", "on", "to", "from", "at"})
# Words that prompts may leave out of a name.
_OPTIONAL_ENDINGS = (" muscle", " gland", " of the eye")


@dataclass(frozen=True)
class Meaning:
    """What a wording stands for."""

    kind: str
    """structure | group | set | elsewhere"""
    name: str
    canonical: bool = False
    """True when the wording is the canonical name itself."""


class WordingIndex:
    """Looks wordings up; all of them in the one spelling of `wording.canonical`."""

    def __init__(self, vocabulary: Vocabulary):
        self.meanings: dict[str, Meaning] = {}
        for wording, meaning in _wordings(vocabulary):
            self.meanings.setdefault(canonical(wording), meaning)
            # "ventriculus sinister" is looked up as "left ventriculus".
            without = take_sides(canonical(wording).split())
            if len(without.sides) == 1 and without.words:
                self.meanings.setdefault(f"{without.sides[0]} {' '.join(without.words)}", meaning)
        self.words = frozenset(word for key in self.meanings for word in key.split())
        self._joined = _unique(((key.replace(" ", ""), key) for key in self.meanings), self.meanings)
        self._bags = _unique(((_bag(key), key) for key in self.meanings), self.meanings)
        self._by_length: dict[int, list[tuple[str, list[str]]]] = {}
        for key in self.meanings:
            self._by_length.setdefault(key.count(" ") + 1, []).append((key, key.split()))

    @cached_property
    def separated_names(self) -> tuple[re.Pattern, ...]:
        """Patterns of the names that hold a comma or an "and", the longest first."""
        names = {meaning.name.lower() for meaning in self.meanings.values() if "," in meaning.name}
        names |= {key for key in self.meanings if "and" in key.split()}
        return tuple(
            re.compile(
                r"\b" + r"[\s,_-]+(?:the\s+)?".join(re.findall(r"[a-z0-9]+", name)) + r"(?:s|es)?\b", re.IGNORECASE
            )
            for name in sorted(names, key=len, reverse=True)
        )

    def exact(self, key: str) -> Meaning | None:
        """The meaning of a wording as it stands."""
        return self.meanings.get(key)

    def reordered(self, key: str) -> Meaning | None:
        """The meaning of the same words without spaces or in another order, where that is unambiguous."""
        found = self._joined.get(key.replace(" ", "")) or self._bags.get(_bag(key))
        return self.meanings[found] if found else None

    def misspelt(self, key: str) -> Meaning | None:
        """The meaning of the one nearest wording within a few slips of the keyboard; None when several are.

        A word that the vocabulary knows is never changed, nor one with digits or of up to three letters, so that no
        known structure turns into another.
        """
        scored = [(slips, meaning) for slips, meaning in (*self._same_length(key.split()), *self._glued(key))]
        if not scored:
            return None
        best = min(slips for slips, _ in scored)
        meanings = {(meaning.kind, meaning.name): meaning for slips, meaning in scored if slips == best}
        return next(iter(meanings.values())) if len(meanings) == 1 else None

    def _same_length(self, words: list[str]):
        for key, key_words in self._by_length.get(len(words), ()):
            slips = 0
            for word, target in zip(words, key_words, strict=True):
                distance = self._slips(word, target)
                if distance is None:
                    break
                slips += distance
            else:
                yield slips, self.meanings[key]

    def _slips(self, word: str, target: str) -> int | None:
        if word == target:
            return 0
        if (
            word in self.words
            or len(word) <= 3
            or len(target) <= 3
            or any(letter.isdigit() for letter in word + target)
        ):
            return None
        if len(word) == 4 and word[0] != target[0]:
            return None
        allowed = allowed_slips(min(len(word), len(target)))
        distance = OSA.distance(word, target, score_cutoff=allowed)
        return distance if distance <= allowed else None

    def _glued(self, key: str):
        # Words run together or torn apart: "gallblader", "hippo campus".
        if all(word in self.words for word in key.split()) or any(letter.isdigit() for letter in key):
            return
        joined = key.replace(" ", "")
        side = next((side for side in SIDES if joined.startswith(side)), "")
        allowed = min(2, allowed_slips(len(joined) - len(side)))
        for candidate, target in self._joined.items():
            if target.count(" ") == key.count(" ") or not candidate.startswith(side) or _short(target):
                continue
            if not side and candidate.startswith(SIDES):
                continue
            if set(target.split()) < set(key.split()):
                continue
            distance = OSA.distance(joined, candidate, score_cutoff=allowed)
            if distance <= allowed:
                yield distance, self.meanings[target]


def allowed_slips(letters: int) -> int:
    """How many slips of the keyboard a word of so many letters may hold."""
    return 0 if letters < 4 else 1 if letters < 8 else 2 if letters < 13 else 3


@lru_cache(maxsize=4)
def index_of(vocabulary: Vocabulary) -> WordingIndex:
    """The index of a vocabulary, built once."""
    return WordingIndex(vocabulary)


def _wordings(vocabulary: Vocabulary):
    # Earlier wordings win: a structure's own name, then what people call it, then what may be left out of it.
    for structure in vocabulary:
        yield structure.name, Meaning("structure", structure.name, canonical=True)
    for group in vocabulary.groups:
        yield group, Meaning("group", group, canonical=True)
    for structure in vocabulary:
        for synonym in structure.synonyms:
            yield synonym, Meaning("structure", structure.name)
    for group, synonyms in vocabulary.group_synonyms.items():
        for synonym in synonyms:
            yield synonym, Meaning("group", group)
    for name in vocabulary.sets:
        yield name, Meaning("set", name, canonical=True)
    for name in vocabulary.elsewhere:
        yield name, Meaning("elsewhere", name, canonical=True)
    for structure in vocabulary:
        for ending in _OPTIONAL_ENDINGS:
            if structure.name.endswith(ending):
                yield structure.name.removesuffix(ending), Meaning("structure", structure.name)


def _bag(key: str) -> str:
    return " ".join(sorted(word for word in key.split() if word not in _LINKING))


def _short(key: str) -> bool:
    return len(key) < 6


def _unique(pairs, meanings: dict[str, Meaning]) -> dict[str, str]:
    """Short form → key, without short forms that stand for more than one thing."""
    found: dict[str, str] = {}
    double = set()
    for short, key in pairs:
        first = meanings[found.setdefault(short, key)]
        if (first.kind, first.name) != (meanings[key].kind, meanings[key].name):
            double.add(short)
    return {short: key for short, key in found.items() if short not in double}
