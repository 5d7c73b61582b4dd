"""Left, right and both: the words that say so, and taking them out of a prompt."""

from __future__ import annotations

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
    """ "left", "right" or "both" when the word says so, one slip of the keyboard in left or right allowed; else None."""
    if word in _SIDE_OF:
        return _SIDE_OF[word]
    if len(word) < 3 or word in known_words:
        return None
    slips = [side for side in ("left", "right") if OSA.distance(word, side) == 1]
    return slips[0] if len(slips) == 1 and word not in _REAL_WORDS else None


def take_sides(words: list[str], known_words: frozenset[str] = frozenset()) -> tuple[tuple[str, ...], list[str]]:
    """The sides that the words name, in order, and the words without them ("kidney on the left side" → left, kidney)."""
    sides: list[str] = []
    rest: list[str] = []
    after_side = False
    for word in words:
        side = side_of(word, known_words)
        if side:
            sides.append(side)
            while rest and rest[-1] in _BEFORE and len(rest) > 1:
                rest.pop()
        elif not (after_side and word in _AFTER):
            rest.append(word)
        after_side = side is not None or (after_side and word in _AFTER)
    if "both" in sides:
        sides = ["both"]
    return tuple(dict.fromkeys(sides)), rest
