"""One spelling for every way of writing the same words: case, accents, British spelling, plurals, ordinals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ARTICLES = frozenset({"the", "a", "an", "my", "your", "his", "her", "their", "any", "one", "ones"})

_SPELLINGS = {
    "oedema": "edema",
    "grey": "gray",
    "foetal": "fetal",
    "foetus": "fetus",
    "oesophagus": "esophagus",
    "caecum": "cecum",
    "haemorrhage": "hemorrhage",
    "haematoma": "hematoma",
    "disk": "disc",
    "adrenals": "adrenal",
    "leucoaraiosis": "leukoaraiosis",
    "chiasma": "chiasm",
}
_ORDINALS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_ORDINAL_DIGITS = {
    word: f"{i}{'st' if i == 1 else 'nd' if i == 2 else 'rd' if i == 3 else 'th'}"
    for i, word in enumerate(_ORDINALS, 1)
}
_IRREGULAR = {
    "putamina": "putamen",
    "femora": "femur",
    "brachia": "brachium",
    "lenses": "lens",
    "plexi": "plexus",
    "ganglia": "ganglion",
    "crura": "crus",
    "corpora": "corpus",
    "teeth": "tooth",
    "feet": "foot",
}
_ALREADY_SINGULAR = frozenset({"lens", "pons", "biceps", "triceps", "quadriceps", "pancreas", "psoas", "iliopsoas"})


def words(text: str) -> list[str]:
    """The words of a text in their one spelling; articles are dropped.

    >>> words("The Kidneys' grey-matter oedemas")
    ['kidney', 'gray', 'matter', 'edema']
    """
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("'", "").replace("’", "")
    # "L-1" is one word, "L1-L5" are two.
    plain = re.sub(r"\b([lts]|th)-(\d+)\b", r"\1\2", plain)
    return [base_form(word) for word in re.findall(r"[a-z0-9]+", plain) if word not in _ARTICLES]


@lru_cache(maxsize=8192)
def canonical(text: str) -> str:
    """The words of a text, joined by single spaces."""
    return " ".join(words(text))


@lru_cache(maxsize=8192)
def base_form(word: str) -> str:
    """One word in American spelling and singular; words of three letters and fewer stay as they are."""
    word = _SPELLINGS.get(word, word)
    word = re.sub(r"tumour", "tumor", word)
    word = _ORDINAL_DIGITS.get(word, word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or word in _ALREADY_SINGULAR or any(letter.isdigit() for letter in word):
        return word
    return _SPELLINGS.get(_singular(word), _singular(word))


def _singular(word: str) -> str:
    if word.endswith("ae"):
        return word[:-1]
    if word.endswith("i") and len(word) > 4:
        return word[:-1] + "us"
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "uses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
