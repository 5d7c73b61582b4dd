"""From what a person types to structures of the vocabulary, with a sentence on how it was understood."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .entries import sided
from .index import WordingIndex, index_of
from .listing import Item, statements
from .nearest import nearest_names
from .reading import Reading, read, read_exactly
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Understood:
    """One thing that was asked for."""

    prompt: str
    """The part of the text that named it."""
    names: tuple[str, ...]
    """Canonical names it stands for, together; () when unknown."""
    how: str
    """exact | synonym | both sides | group | typo | unknown"""
    explanation: str
    """One plain sentence."""
    suggestions: tuple[str, ...] = ()
    """The nearest names when it is unknown."""


def understand(
    text: str, vocabulary: Vocabulary, known: Collection[str] | None = None, *, expand: bool = False
) -> list[Understood]:
    """What a typed text asks for, in its order.

    Args:
        text: names in a list (commas, semicolons, lines, "and"), with sides, plurals, synonyms, groups, slips of the keyboard.
            A side holds for what "and" ties to it: "left hippocampus and amygdala" are both left.
        known: the names that the model at hand has learned; others are answered as unknown. All names of the vocabulary when None.
        expand: one `Understood` for every single structure: groups, both sides and names without a label of their own are split,
            and what is named twice is given once.
    """
    index = index_of(vocabulary)
    understood = [one for items in statements(text, index) for one in _understood(items, index, vocabulary)]
    if known is not None:
        understood = [_limited(one, set(known), vocabulary) for one in understood]
    return list(_expanded(understood, vocabulary)) if expand else understood


def _understood(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> Iterator[Understood]:
    items = _with_shared_words(_with_shared_sides(items, index, vocabulary), index, vocabulary)
    before: Item | None = None
    for item in items:
        lender = before if item.joined and not item.sides and before and before.sides else None
        if lender and lender.sides != ("both",) and _splits(item.words, index, vocabulary):
            item = replace(item, sides=lender.sides)
            yield from _sentences(item, index, vocabulary, lender=lender)
        else:
            yield from _sentences(item, index, vocabulary)
        before = item


def _with_shared_sides(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> list[Item]:
    """Sides that stand alone go to the thing they belong to: "left and right kidney", "kidneys, left and right"."""
    found: list[Item] = []
    waiting: list[Item] = []
    for item in items:
        if not item.words:
            waiting.append(item)
            continue
        if waiting and _splits(item.words, index, vocabulary):
            sides = tuple(dict.fromkeys(side for one in (*waiting, item) for side in one.sides))
            item = replace(item, text=" ".join(item.words) if len(sides) > 1 else item.text, sides=sides, joined=waiting[0].joined)
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


def _with_shared_words(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> list[Item]:
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
            shared[i] = replace(item, words=item.words + ending) if ending else item
    for i in range(1, len(shared)):
        previous, item = shared[i - 1], shared[i]
        if not stands(item.words, item):
            beginnings = (previous.words[:k] for k in range(len(previous.words) - 1, 0, -1))
            beginning = next((beginning for beginning in beginnings if stands(beginning + item.words, item)), None)
            shared[i] = replace(item, words=beginning + item.words) if beginning else item
    return shared


def _splits(words: list[str], index: WordingIndex, vocabulary: Vocabulary) -> bool:
    left, right = (read(words, side, index, vocabulary) for side in ("left", "right"))
    return left is not None and right is not None and left.names != right.names


def _sentences(item: Item, index: WordingIndex, vocabulary: Vocabulary, lender: Item | None = None) -> Iterator[Understood]:
    for side in item.sides or (None,):
        reading = read(item.words, side, index, vocabulary)
        prompt = sided(item.text, side) if len(item.sides) > 1 and lender is None else item.text
        yield _understood_as(prompt, reading, lender) if reading else _unknown(prompt, item.words, side, vocabulary)


def _understood_as(prompt: str, reading: Reading, lender: Item | None) -> Understood:
    sentence = f"'{prompt}' was read as {reading.title}"
    if reading.how == "group":
        sentence = f"'{prompt}' stands for {in_words(reading.names)}"
    elif reading.how == "both sides":
        sentence += ", left and right together"
    if lender:
        sentence += f", on the same side as '{lender.text}'"
    if reading.note:
        sentence += f"; {reading.note}"
    return Understood(prompt, reading.names, reading.how, sentence + ".")


def _unknown(prompt: str, words: list[str], side: str | None, vocabulary: Vocabulary, among: Collection[str] | None = None) -> Understood:
    suggestions = nearest_names(" ".join(words), vocabulary, side=side, among=among)
    sentence = f"'{prompt}' is not known"
    sentence += f"; the nearest known names are {in_words(suggestions)}." if suggestions else "."
    return Understood(prompt, (), "unknown", sentence, suggestions)


def _limited(one: Understood, known: set[str], vocabulary: Vocabulary) -> Understood:
    """The same, with names that the model knows, a name replaced by the parts it knows; unknown when nothing is left."""
    names = tuple(part for name in one.names for part in (vocabulary.union_in(name, known) or ()))
    if names == one.names or not one.names:
        return one if one.names else replace(one, suggestions=tuple(name for name in one.suggestions if name in known))
    if names:
        return replace(one, names=tuple(dict.fromkeys(names)))
    suggestions = nearest_names(one.names[0], vocabulary, among=known)
    sentence = f"'{one.prompt}' means {in_words(one.names)}, which this model has not learned"
    sentence += f"; the nearest it knows are {in_words(suggestions)}." if suggestions else "."
    return Understood(one.prompt, (), "unknown", sentence, suggestions)


def _expanded(understood: list[Understood], vocabulary: Vocabulary) -> Iterator[Understood]:
    given: set[str] = set()
    for one in understood:
        singles = [single for name in one.names for single in vocabulary.singles_of(name)]
        if len(singles) <= 1:
            singles, sentence = list(one.names), one.explanation
        if not one.names:
            yield one
        for name in singles:
            if name in given:
                continue
            given.add(name)
            split = len(singles) > 1
            yield replace(one, names=(name,), explanation=f"'{one.prompt}' includes {name}." if split else sentence)


def in_words(names: Collection[str]) -> str:
    """A list as it is spoken: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
