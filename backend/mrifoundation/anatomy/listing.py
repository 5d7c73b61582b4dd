"""Cutting a typed text into the things it names: commas, semicolons, lines, "and", and the politeness around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .index import WordingIndex
from .sides import take_sides
from .wording import words

_AND = "\x01"
_OPENING = frozenset(
    "please kindly can could would will you i we want need like to segment segmentation show find outline delineate contour mark highlight "
    "label extract give locate draw select display get measure me us all of out where is are what s volume mask for let lets just also see "
    "identify detect look at compute calculate trace color colour isolate separate how big large much id then only".split()
)
_CLOSING = frozenset(
    "please thanks thank you for me us now in on this that these scan image mri mr volume patient here segmentation mask region area "
    "structure only too there is are as well".split()
)
_VERTEBRAE = [*(f"t{i}" for i in range(1, 13)), *(f"l{i}" for i in range(1, 6)), "s1"]
_RANGE = re.compile(
    r"\b(th|t|l|s)(\d{1,2})\s*(?:-|–|to|through)\s*(th|t|l|s)?(\d{1,2})\b(?!\s*(?:disc|disk|level|space|facet|interv))", re.IGNORECASE
)


@dataclass
class Item:
    """One thing named in a text."""

    text: str
    """As it was typed."""
    sides: tuple[str, ...]
    """left, right (one or both of them), or ("both",), or none."""
    words: list[str]
    """The rest, in the one spelling, without sides and politeness."""
    joined: bool
    """True when "and" ties it to the item before."""


def statements(text: str, index: WordingIndex) -> list[list[Item]]:
    """The items of a text; each line and each part between semicolons is a statement of its own."""
    found = []
    for part in re.split(r"[;\n\r]+", text):
        items = _items(_spelled_out(_protected(part.replace("_", " "), index)), index)
        if items:
            found.append(items)
    return found


def _protected(text: str, index: WordingIndex) -> str:
    # Names that hold an "and" or a comma themselves stay in one piece.
    for pattern in index.separated_names:
        text = pattern.sub(lambda match: re.sub(r"\band\b", _AND, match.group().replace(",", " ")), text)
    return text


def _spelled_out(text: str) -> str:
    def listed(match: re.Match) -> str:
        first, last = (f"{letter.lower()[0]}{number}" for letter, number in (match.group(1, 2), (match[3] or match[1], match[4])))
        if first not in _VERTEBRAE or last not in _VERTEBRAE:
            return match.group()
        between = _VERTEBRAE[_VERTEBRAE.index(first) : _VERTEBRAE.index(last) + 1]
        return ", ".join(between) or match.group()

    text = re.sub(r"\bvertebrae?\s+(?=(?:th|t|l|s)\d+\s*(?:-|–|to))", "", text, flags=re.IGNORECASE)
    return _RANGE.sub(listed, text)


def _items(text: str, index: WordingIndex) -> list[Item]:
    items = []
    ties = re.split(r"(,|\s&\s|\s?\+\s?|/|\band/or\b|\band\b|\bas well as\b|\bplus\b)", text, flags=re.IGNORECASE)
    joined = False
    for piece in ties:
        tie = piece.strip().lower()
        if tie == ",":
            joined = False
        elif tie in ("&", "+", "/", "and", "and/or", "as well as", "plus"):
            joined = True
        elif tie:
            item = _item(piece.replace(_AND, "and"), index, joined)
            if item.words or item.sides:
                items.append(item)
                joined = False
    return items


def _item(text: str, index: WordingIndex, joined: bool) -> Item:
    typed = words(text)
    sides, rest = take_sides(typed, index.words)
    if " ".join(rest) not in index.meanings:
        sides, rest = take_sides(_without_politeness(typed), index.words)
    return Item(_trimmed(text), sides, rest, joined)


def _without_politeness(typed: list[str]) -> list[str]:
    start, stop = 0, len(typed)
    while start < stop and typed[start] in _OPENING:
        start += 1
    while stop > start and typed[stop - 1] in _CLOSING:
        stop -= 1
    return typed[start:stop]


def _trimmed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" \t.,;:!?\"“”")
