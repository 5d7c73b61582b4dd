"""The names nearest to a wording that nothing is known by."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import fuzz, process

from .entries import SIDES, other
from .vocabulary import Vocabulary
from .wording import canonical

_WORTH_SAYING = 55.0


def nearest_names(
    text: str, vocabulary: Vocabulary, *, side: str | None = None, among: Collection[str] | None = None, limit: int = 5
) -> tuple[str, ...]:
    """Up to `limit` canonical names or groups whose wordings are nearest to the text, best first; never on the other side than `side`."""
    wordings = {
        canonical(wording): name for name, wordings in _candidates(vocabulary, side, among) for wording in reversed(wordings)
    }
    found = process.extract(canonical(text), wordings.keys(), scorer=fuzz.WRatio, limit=4 * limit, score_cutoff=_WORTH_SAYING)
    found = sorted(found, key=lambda hit: (-hit[1], abs(len(hit[0]) - len(text))))
    return tuple(dict.fromkeys(wordings[wording] for wording, _, _ in found))[:limit]


def _candidates(vocabulary: Vocabulary, side: str | None, among: Collection[str] | None):
    for structure in vocabulary:
        if among is not None and structure.name not in among:
            continue
        if side in SIDES and (structure.side == other(side) or (structure.side is None and len(vocabulary.sides_of(structure.name)) == 2)):
            continue
        if side not in SIDES and structure.partner and among is None:
            # Its whole is offered instead.
            continue
        prefix = f"{structure.side} " if side in SIDES and structure.partner else ""
        yield structure.name, [wording.removeprefix(prefix) for wording in (structure.name, *structure.synonyms)]
    for group, members in vocabulary.groups.items():
        if side not in SIDES and (among is None or all(member in among for member in members)):
            yield group, [group, *vocabulary.group_synonyms.get(group, ())]
