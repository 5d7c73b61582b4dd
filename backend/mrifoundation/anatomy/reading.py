"""What one item of a prompt means: a meaning from the index together with the sides that were asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from .entries import SIDES, sided, sideless
from .index import Meaning, WordingIndex
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Reading:
    """The names that one item stands for."""

    names: tuple[str, ...]
    how: str
    """exact | synonym | both sides | group | typo"""
    title: str
    """What the item was read as, in words."""
    both: bool = False
    """True when it is the whole of a left and a right side."""
    grouped: bool = False
    note: str = ""
    """What has to be added about it."""


def read(words: list[str], side: str | None, index: WordingIndex, vocabulary: Vocabulary) -> Reading | None:
    """What the words mean, on a side ("left", "right", "both") if one was named; None when it is nothing known."""
    key = " ".join(words)
    if not key:
        return None
    for search, slip in ((index.exact, False), (index.reordered, False), (index.misspelt, True)):
        reading = _on_side(search, key, side, vocabulary)
        if reading:
            return replace(reading, how="typo") if slip else reading
        if side in (None, "both") and search(key):
            return None
    return None


def read_exactly(words: list[str], side: str | None, index: WordingIndex, vocabulary: Vocabulary) -> Reading | None:
    """As `read`, for words as they stand only."""
    return _on_side(index.exact, " ".join(words), side, vocabulary)


def has_sides(words: list[str], index: WordingIndex, vocabulary: Vocabulary) -> bool:
    """True when the words stand for one thing on the left and another on the right, and for nothing that lies in the middle: a heart has
    chambers on both sides, but is not meant by one of them."""
    left, right = (read(words, side, index, vocabulary) for side in SIDES)
    if left is None or right is None or left.names == right.names:
        return False
    whole = read(words, None, index, vocabulary)
    if whole is None or not whole.grouped:
        return True
    wanted = {sideless(name) for name in whole.names}
    return all(wanted <= {sideless(name) for name in one.names} for one in (left, right))


def _on_side(search, key: str, side: str | None, vocabulary: Vocabulary) -> Reading | None:
    if side in SIDES:
        # "left ventricle" has a meaning of its own, which "ventricle" on the left has not.
        whole_wording = search(sided(key, side))
        if whole_wording and whole_wording.kind != "elsewhere" and _has_side(whole_wording, side, vocabulary):
            return _reading(whole_wording, vocabulary)
        if whole_wording and whole_wording.kind == "elsewhere":
            return None
    meaning = search(key)
    if meaning is None or meaning.kind == "elsewhere":
        return None
    if side in SIDES:
        return _one_side(meaning, side, vocabulary)
    return _reading(meaning, vocabulary)


def _has_side(meaning: Meaning, side: str, vocabulary: Vocabulary) -> bool:
    return meaning.kind == "structure" and vocabulary[meaning.name].side == side


def _reading(meaning: Meaning, vocabulary: Vocabulary) -> Reading:
    if meaning.kind == "group":
        return Reading(vocabulary.groups[meaning.name], "group", meaning.name, grouped=True)
    if meaning.kind == "set":
        return Reading(vocabulary.sets[meaning.name], "group", meaning.name, grouped=True)
    if len(vocabulary.sides_of(meaning.name)) == 2:
        return Reading((meaning.name,), "both sides", meaning.name, both=True)
    return Reading((meaning.name,), "exact" if meaning.canonical else "synonym", meaning.name)


def _one_side(meaning: Meaning, side: str, vocabulary: Vocabulary) -> Reading | None:
    if meaning.kind in ("group", "set"):
        members = vocabulary.groups.get(meaning.name) or vocabulary.sets[meaning.name]
        merged = [member for member in members if vocabulary[member].sides_merged]
        named = (member if member in merged else _side_name(member, side, vocabulary) for member in members)
        names = tuple(dict.fromkeys(name for name in named if name))
        note = f"the sides of {in_words(merged)} are not told apart" if merged else ""
        return Reading(names, "group", sided(meaning.name, side), grouped=True, note=note) if names else None
    structure = vocabulary[meaning.name]
    name = _side_name(structure.name, side, vocabulary)
    if name:
        return Reading((name,), "exact" if meaning.canonical else "synonym", name)
    if structure.sides_merged:
        return Reading((structure.name,), "synonym", structure.name, note="its sides are not told apart")
    return None


def _side_name(name: str, side: str, vocabulary: Vocabulary) -> str | None:
    if sided(name, side) in vocabulary:
        return sided(name, side)
    return name if vocabulary[name].side == side else None


def in_words(names: Collection[str]) -> str:
    """A list as it is spoken: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
