"""Known names that are near in meaning to words that the vocabulary does not read: a suggestion, for a sentence encoder is no anatomist."""

import re
from collections.abc import Callable, Collection, Sequence

from mrifoundation.anatomy import Vocabulary
from mrifoundation.anatomy.descriptions import descriptions_of
from mrifoundation.anatomy.entries import SIDES, sided, sideless
from mrifoundation.engine.wording_vectors import read, vectors_of
from mrifoundation.errors import InputError

InView = Callable[[Sequence[str]], Collection[str]]

NEAR = 0.5  # cosine from which on a name is worth saying
SEEN = 0.2  # of cosine that a name gains by being in view of the scan
MOST = 3
AMONG = 20  # names, the nearest, that are looked for in the scan
_SIDE = re.compile(r"\b(left|right)(-sided)?\b", re.IGNORECASE)


def no_scan(names: Sequence[str]) -> Collection[str]:
    """Those of `names` that are in view where no scan is there."""
    return ()


def nearest_in_meaning(
    text: str, vocabulary: Vocabulary, known: Collection[str], in_view: InView = no_scan
) -> tuple[str, ...]:
    """Up to `MOST` of the `known` names, best first, on the side that the text tells; () where none is near or no encoder is installed.

    in_view: names → those of them that the scan at hand shows; these are put forward."""
    pairs = wordings_of(vocabulary, known)
    core = _SIDE.sub(" ", text).strip()
    if not pairs or not core:
        return ()
    try:
        likeness = vectors_of([wording for _, wording in pairs]) @ read([core])[0]
    except InputError:  # the encoder is not installed: names are suggested by their letters alone
        return ()
    best: dict[str, float] = {}
    for (name, _), value in zip(pairs, likeness.tolist(), strict=True):
        best[name] = max(value, best.get(name, NEAR))
    near = sorted((name for name in best if best[name] > NEAR), key=lambda name: -best[name])[:AMONG]
    seen = set(in_view([one for name in near for one in _with_sides(name, known)]))
    near.sort(key=lambda name: -best[name] - SEEN * (not seen.isdisjoint(_with_sides(name, known))))
    told = {side for side in SIDES if re.search(rf"\b{side}\b", text, re.IGNORECASE)}
    return tuple(_on_side(name, told, known) for name in near[:MOST])


def wordings_of(vocabulary: Vocabulary, known: Collection[str]) -> list[tuple[str, str]]:
    """(name, wording) of all `known` structures without their side: what they are called, and how they are described."""
    pairs = set()
    for structure in (one for one in vocabulary if one.name in known):
        name = sideless(structure.name) if structure.partner else structure.name
        for wording in (structure.name, *structure.synonyms, *descriptions_of(structure.name)):
            pairs.add((name, _SIDE.sub(" ", wording).strip() if structure.partner else wording))
    return sorted(pairs)


def _with_sides(name: str, known: Collection[str]) -> list[str]:
    return [one for one in (name, *(sided(name, side) for side in SIDES)) if one in known]


def _on_side(name: str, told: set[str], known: Collection[str]) -> str:
    sides = [one for side in told if (one := sided(name, side)) in known]
    return sides[0] if len(sides) == 1 else name
