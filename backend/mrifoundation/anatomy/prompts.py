"""From what a person types to structures of the vocabulary, with a sentence on how it was understood."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ..errors import InputError
from .entries import sided
from .index import WordingIndex, index_of
from .listing import Item, statements
from .nearest import nearest_names
from .reading import Reading, has_sides, in_words, read
from .sharing import with_shared_sides, with_shared_words
from .vocabulary import Vocabulary

LONGEST_TEXT = 4000


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
        text: names in a list (commas, semicolons, lines, "and"), with sides, plurals, synonyms, groups, slips of the
            keyboard. A side holds for what "and" ties to it: "left hippocampus and amygdala" are both left.
        known: the names that the model at hand has learned; others are answered as unknown. All names of the
            vocabulary when None.
        expand: one `Understood` for every single structure: groups, both sides and names without a label of their own
            are split, and what is named twice is given once.

    Raises:
        InputError: the text is longer than `LONGEST_TEXT` characters.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(f"The prompt is longer than {LONGEST_TEXT} characters; name fewer structures at once.")
    index = index_of(vocabulary)
    understood = [one for items in statements(text, index) for one in _understood(items, index, vocabulary)]
    if not understood and text.strip():
        prompt = " ".join(text.split())
        understood = [Understood(prompt, (), "unknown", f"'{prompt}' names no structure.")]
    if known is not None:
        understood = [_limited(one, set(known), vocabulary) for one in understood]
    return list(_expanded(understood, vocabulary)) if expand else understood


def _understood(items: list[Item], index: WordingIndex, vocabulary: Vocabulary) -> Iterator[Understood]:
    items = with_shared_sides(with_shared_words(items, index, vocabulary), index, vocabulary)
    before: Item | None = None
    for item in items:
        lender = before if item.joined and not item.sides and before and before.sides else None
        if lender and lender.sides != ("both",) and has_sides(item.words, index, vocabulary):
            item = replace(item, sides=lender.sides)
        else:
            lender = None
        yield from _sentences(item, lender, index, vocabulary)
        before = item


def _sentences(item: Item, lender: Item | None, index: WordingIndex, vocabulary: Vocabulary) -> Iterator[Understood]:
    for side in item.sides or (None,):
        reading = read(item.words, side, index, vocabulary)
        prompt = sided(" ".join(item.words), side) if len(item.sides) > 1 else item.text
        if reading is None:
            yield _unknown(prompt, item.words, side, vocabulary)
        else:
            reading = replace(reading, how="typo") if item.slip else reading
            yield _understood_as(prompt, reading, lender if lender and len(lender.sides) == 1 else None)


def _understood_as(prompt: str, reading: Reading, lender: Item | None) -> Understood:
    sentence = f"'{prompt}' was read as {reading.title}"
    if reading.grouped:
        sentence = f"'{prompt}' stands for {in_words(reading.names)}"
    elif reading.both:
        sentence += ", left and right together"
    if lender:
        sentence += f", on the same side as '{lender.text}'"
    if reading.note:
        sentence += f"; {reading.note}"
    return Understood(prompt, reading.names, reading.how, sentence + ".")


def _unknown(
    prompt: str, words: list[str], side: str | None, vocabulary: Vocabulary, among: Collection[str] | None = None
) -> Understood:
    suggestions = nearest_names(" ".join(words), vocabulary, side=side, among=among)
    sentence = f"'{prompt}' is not known"
    sentence += f"; the nearest known names are {in_words(suggestions)}." if suggestions else "."
    return Understood(prompt, (), "unknown", sentence, suggestions)


def _limited(one: Understood, known: set[str], vocabulary: Vocabulary) -> Understood:
    """The same in names that the model knows, a whole replaced by its parts; unknown when nothing is left."""
    names = tuple(part for name in one.names for part in (vocabulary.union_in(name, known) or ()))
    if names == one.names or not one.names:
        return one if one.names else replace(one, suggestions=tuple(name for name in one.suggestions if name in known))
    if names:
        names = tuple(dict.fromkeys(names))
        sentence = f"'{one.prompt}' stands for {in_words(names)}." if one.how == "group" else one.explanation
        return replace(one, names=names, explanation=sentence)
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
