"""Completion of the prompt line while a person types."""

from __future__ import annotations

import re

from .index import index_of
from .sides import take_sides
from .vocabulary import Vocabulary
from .wording import words

_LAST_ITEM = re.compile(r"(?:.*(?:[,;\n&+]|\band\b)\s*)?(.*)$", re.IGNORECASE | re.DOTALL)


def complete(text: str, vocabulary: Vocabulary, limit: int = 12) -> list[str]:
    """Names that the last item of the text may become, best first: canonical names, groups and structure sets.

    A wording that starts with what is typed comes before one with a word that starts so; a synonym ("hep" of "hepar")
    leads to the name it stands for. Nothing typed gives nothing.
    """
    typed = words(_LAST_ITEM.match(text)[1])
    sided = take_sides(typed)
    side = sided.sides[0] if len(sided.sides) == 1 and sided.sides != ("both",) else None
    start = " ".join(sided.words)
    if not start and not side:
        return []
    ranked = sorted(_ranked(start, side, vocabulary))
    return list(dict.fromkeys(name for *_, name in ranked))[:limit]


def _ranked(start: str, side: str | None, vocabulary: Vocabulary):
    for key, meaning in index_of(vocabulary).meanings.items():
        if meaning.kind == "elsewhere" or not _on_side(meaning, side, vocabulary):
            continue
        bare = key.removeprefix(f"{side} ")
        place = 0 if bare.startswith(start) else 1 if f" {start}" in bare else None
        if place is not None:
            yield place, not meaning.canonical, _is_side(meaning, vocabulary) and not side, len(bare), meaning.name


def _on_side(meaning, side: str | None, vocabulary: Vocabulary) -> bool:
    return side is None or (meaning.kind == "structure" and vocabulary[meaning.name].side == side)


def _is_side(meaning, vocabulary: Vocabulary) -> bool:
    return meaning.kind == "structure" and vocabulary[meaning.name].partner is not None
