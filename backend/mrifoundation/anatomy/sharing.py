"""What the things of one statement share: a side, or a word of their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .index import WordingIndex
from .listing import Item
from .reading import Reading, has_sides, read_exactly
from .vocabulary import Vocabulary


def with_shared_sides(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> list[Item]:
    """Sides that stand alone go to the thing they belong to: "left and right kidney", "kidneys, left and right"."""
    found: list[Item] = []
    waiting: list[Item] = []
    for item in items:
        if not item.words:
            waiting.append(item)
            continue
        if waiting and has_sides(item.words, index, vocabulary):
            sides = _sides([*waiting, item])
            text = f"{sides[0]} {item.text}" if not item.sides else item.text
            item = replace(item, text=text, sides=sides, joined=waiting[0].joined)
        elif waiting:
            _give_back(waiting, found)
        waiting = []
        found.append(item)
    _give_back(waiting, found)
    return found


def with_shared_words(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> list[Item]:
    """Words that two things share: "anterior and posterior hippocampus", "cerebellar cortex and white matter"."""

    def reading(words: list[str], item: Item) -> Reading | None:
        return read_exactly(words, item.sides[0] if item.sides else None, index, vocabulary)

    def first_known(candidates: Iterable[list[str]], item: Item) -> list[str] | None:
        return next((words for words in candidates if reading(words, item)), None)

    shared = list(items)
    for i in reversed(range(len(shared) - 1)):
        item, following = shared[i], shared[i + 1]
        if item.words and not reading(item.words, item):
            endings = (following.words[k:] for k in range(1, len(following.words)))
            known = first_known((item.words + ending for ending in endings), item)
            shared[i] = _longer(item, known) if known else item
    for i in range(1, len(shared)):
        previous, item = shared[i - 1], shared[i]
        alone = reading(item.words, item)
        if item.words and (alone is None or (item.joined and alone.how != "exact" and not alone.grouped)):
            beginnings = (previous.words[:k] for k in range(len(previous.words) - 1, 0, -1))
            known = first_known((beginning + item.words for beginning in beginnings), item)
            if known and reading(known, item).names != getattr(reading(previous.words, item), "names", None):
                shared[i] = _longer(item, known)
    return shared


def _sides(items: list[Item]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(side for item in items for side in item.sides))


def _give_back(waiting: list[Item], found: list[Item]) -> None:
    if waiting and found:
        sides = _sides([found[-1], *waiting])
        found[-1] = replace(found[-1], text=f"{found[-1].text} {waiting[0].text}", sides=sides)
    elif waiting:
        found.append(waiting[0])


def _longer(item: Item, words: list[str]) -> Item:
    text = f"{item.sides[0]} {' '.join(words)}" if item.sides else " ".join(words)
    return replace(item, words=words, text=text)
