"""Cutting a typed text into the things it names: commas, semicolons, lines, "and", and the politeness around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .index import WordingIndex
from .politeness import less_and_less_polite
from .sides import take_sides
from .vertebrae import spelled_out
from .wording import words

# They stand in for an "and" or a comma that belongs to a name.
_AND, _COMMA = "\x01", "\x02"
# Semicolons, lines, and the marks of a numbered list: "1. liver 2. spleen".
_SEPARATORS = re.compile(r"[;\n\r]+|(?:^|\s)\d{1,2}[.)]\s|(?:^|\s)[a-z]\)\s")


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
    slip: bool
    """True when a side was misspelt."""


def statements(text: str, index: WordingIndex) -> list[list[Item]]:
    """The items of a text; each line and each part between semicolons is a statement of its own."""
    found = []
    for part in _SEPARATORS.split(text):
        items = _items(spelled_out(_protected(part.replace("_", " "), index)), index)
        if items:
            found.append(items)
    return found


def _protected(text: str, index: WordingIndex) -> str:
    # Names that hold an "and" or a comma themselves stay in one piece.
    for pattern in index.separated_names:
        text = pattern.sub(lambda match: re.sub(r"\band\b", _AND, match.group().replace(",", _COMMA)), text)
    return text


def _items(text: str, index: WordingIndex) -> list[Item]:
    items = []
    ties = re.split(r"([,:]|\s&\s|\s?\+\s?|/|\band/or\b|\band\b|\bas well as\b|\bplus\b)", text, flags=re.IGNORECASE)
    joined = False
    for piece in ties:
        tie = piece.strip().lower()
        if tie in (",", ":"):
            joined = False
        elif tie in ("&", "+", "/", "and", "and/or", "as well as", "plus"):
            joined = True
        elif tie:
            item = _item(piece.replace(_AND, "and").replace(_COMMA, ","), index, joined)
            if item.words or item.sides:
                items.append(item)
                joined = False
    return _rejoined(items, index)


def _rejoined(items: list[Item], index: WordingIndex) -> list[Item]:
    # A misspelt name with an "and" of its own was cut in two.
    for i in range(len(items) - 1, 0, -1):
        first, second = items[i - 1], items[i]
        both = [*first.words, "and", *second.words]
        if second.joined and not second.sides and index.misspelt(" ".join(both)):
            text = f"{first.text} and {second.text}"
            items[i - 1 : i + 1] = [replace(first, text=text, words=both, slip=first.slip or second.slip)]
    return items


def _item(text: str, index: WordingIndex, joined: bool) -> Item:
    for wanted in less_and_less_polite(text):
        found = take_sides(words(wanted), index.words)
        if " ".join(found.words) in index.meanings:
            break
    return Item(_trimmed(wanted), found.sides, found.words, joined, found.slip)


def _trimmed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" \t.,;:!?\"“”'’*•[]{}").removeprefix("- ")
