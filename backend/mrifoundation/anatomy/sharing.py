"""What the things of one statement share: a side, or a word of their names."""

from __future__ import annotations

from dataclasses import replace

from .index import WordingIndex
from .listing import Item
from .reading import has_sides, read_exactly
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
            sides = tuple(dict.fromkeys(side for one in (*waiting, item) for side in one.sides))
            item = replace(item, sides=sides, joined=waiting[0].joined)
        elif waiting:
            _give_back(waiting, found)
        waiting = []
        found.append(item)
    _give_back(waiting, found)
    return found


def _give_back(waiting: list[Item], found: list[Item]) -> None:
    sides = tuple(dict.fromkeys(side for one in waiting for side in one.sides))
    if sides and found:
        found[-1] = replace(found[-1], sides=tuple(dict.fromkeys((*found[-1].sides, *sides))))
    elif sides:
        found.append(waiting[0])


def with_shared_words(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> list[Item]:
    """Words that two things share: "anterior and posterior hippocampus", "gluteus maximus and minimus"."""

    def stands(words: list[str], item: Item) -> bool:
        side = item.sides[0] if item.sides else None
        return read_exactly(words, side, index, vocabulary) is not None

    shared = list(items)
    for i in reversed(range(len(shared) - 1)):
        item, following = shared[i], shared[i + 1]
        endings = (following.words[k:] for k in range(1, len(following.words)))
        if not stands(item.words, item):
            ending = next((ending for ending in endings if stands(item.words + ending, item)), None)
            shared[i] = _longer(item, item.words + ending, f"{item.text} {' '.join(ending)}") if ending else item
    for i in range(1, len(shared)):
        previous, item = shared[i - 1], shared[i]
        if not stands(item.words, item):
            beginnings = (previous.words[:k] for k in range(len(previous.words) - 1, 0, -1))
            beginning = next((beginning for beginning in beginnings if stands(beginning + item.words, item)), None)
            shared[i] = (
                _longer(item, beginning + item.words, f"{' '.join(beginning)} {item.text}") if beginning else item
            )
    return shared


def _longer(item: Item, words: list[str], text: str) -> Item:
    return replace(item, words=words, text=text)
