"""Left, right and both: the words that say so, and taking them out of a prompt."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import OSA

_WORDS = {
    "left": ("left", "l", "lt", "lft", "lh", "sinister", "sinistra", "sinistrum", "sin", "leftsided", "lefthand"),
    "right": ("right", "r", "rt", "rgt", "rh", "dexter", "dextra", "dextrum", "dext", "rightsided", "righthand"),
    "both": ("both", "bilateral", "bilaterally", "bilat", "either", "lr", "rl"),
}
_SIDE_OF = {word: side for side, spelled in _WORDS.items() for word in spelled}
# One letter from left or right, and something else.
_REAL_WORDS = frozenset({"light", "eight", "night", "sight", "tight", "might", "fight", "bright", "lift", "cleft"})
_AFTER = frozenset({"side", "sided", "hand"})
_BEFORE = frozenset({"on", "of", "to", "in", "at"})


def side_of(word: str, known_words: frozenset[str] = frozenset()) -> str | None:
    """The side a word names: "left", "right" or "both"; one slip of the keyboard in left or right is allowed."""
    if word in _SIDE_OF:
        return _SIDE_OF[word]
    if len(word) < 3 or word in known_words or word in _REAL_WORDS:
        return None
    slips = [side for side in ("left", "right") if OSA.distance(word, side) == 1]
    return slips[0] if len(slips) == 1 else None


@dataclass(frozen=True)
class Sided:
    """Words with their sides taken out."""

    sides: tuple[str, ...]
    """left, right, in the order they were named, or ("both",), or none."""
    words: list[str]
    slip: bool
    """True when a side was misspelt."""


def take_sides(words: list[str], known_words: frozenset[str] = frozenset()) -> Sided:
    """The sides that the words name, and the words without them ("kidney on the left side" → left, kidney)."""
    sides: list[str] = []
    rest: list[str] = []
    slip = after_side = False
    for word in words:
        side = side_of(word, known_words)
        if side:
            sides.append(side)
            slip |= word not in _SIDE_OF
            while len(rest) > 1 and rest[-1] in _BEFORE:
                rest.pop()
        elif not (after_side and word in _AFTER):
            rest.append(word)
        after_side = side is not None or (after_side and word in _AFTER)
    return Sided(("both",) if "both" in sides else tuple(dict.fromkeys(sides)), rest, slip)
