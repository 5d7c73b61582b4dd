"""The names nearest to a wording that nothing is known by."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import fuzz

from .entries import SIDES, other
from .vocabulary import Vocabulary
from .wording import canonical

_WORTH_SAYING = 52.0
_AT_LEAST = 3


def nearest_names(
    text: str, vocabulary: Vocabulary, *, side: str | None = None, among: Collection[str] | None = None, limit: int = 5
) -> tuple[str, ...]:
    """Up to `limit` names whose wordings are nearest to the text, best first, never opposite to `side`."""
    typed = canonical(text)
    if not typed:
        return ()
    scores: dict[str, float] = {}
    for name, wordings in _candidates(vocabulary, side, among):
        # A letter or two in common with an abbreviation says nothing.
        scores[name] = max(
            (_likeness(typed, canonical(wording)) for wording in wordings if len(wording) > 3), default=0.0
        )
    best = sorted(scores, key=lambda name: -scores[name])[:limit]
    return tuple(name for place, name in enumerate(best) if place < _AT_LEAST or scores[name] >= _WORTH_SAYING)


def _likeness(typed: str, wording: str) -> float:
    """0 to 100: alike in letters, or sharing whole words."""
    return max(
        fuzz.ratio(typed, wording),
        0.9 * fuzz.token_sort_ratio(typed, wording),
        0.75 * fuzz.token_set_ratio(typed, wording),
    )


def _candidates(vocabulary: Vocabulary, side: str | None, among: Collection[str] | None):
    for structure in vocabulary:
        if among is not None and structure.name not in among:
            continue
        if side in SIDES and (
            structure.side == other(side) or (structure.side is None and len(vocabulary.sides_of(structure.name)) == 2)
        ):
            continue
        if side not in SIDES and structure.partner and among is None:
            # Its whole is offered instead.
            continue
        prefix = f"{structure.side} " if side in SIDES and structure.partner else ""
        yield structure.name, [wording.removeprefix(prefix) for wording in (structure.name, *structure.synonyms)]
    for group, members in vocabulary.groups.items():
        if side not in SIDES and (among is None or all(member in among for member in members)):
            yield group, [group, *vocabulary.group_synonyms.get(group, ())]
    for name, members in vocabulary.sets.items():
        if side not in SIDES and (among is None or all(member in among for member in members)):
            yield name, [name]
