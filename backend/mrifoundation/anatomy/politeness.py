"""The words around what a person wants: "could you show me the ... please"."""

from __future__ import annotations

from collections.abc import Iterator

from .wording import words

# fmt: off
_OPENING = frozenset(
    {
        "please", "kindly", "can", "could", "would", "will", "you", "i", "we", "want", "need", "like", "to",
        "segment", "segmentation", "show", "find", "outline", "delineate", "contour", "mark", "highlight",
        "label", "extract", "give", "locate", "draw", "select", "display", "get", "measure", "me", "us",
        "all", "of", "out", "where", "is", "are", "what", "s", "volume", "mask", "for", "let", "lets", "just",
        "also", "see", "identify", "detect", "look", "at", "compute", "calculate", "trace", "color", "colour",
        "isolate", "separate", "how", "big", "large", "much", "id", "then", "only",
    }
)
_CLOSING = frozenset(
    {
        "please", "thanks", "thank", "you", "for", "me", "us", "now", "in", "on", "this", "that", "these",
        "scan", "image", "mri", "mr", "volume", "patient", "here", "segmentation", "mask", "region", "area",
        "structure", "only", "too", "there", "is", "are", "as", "well", "if", "any", "present", "visible", "seen",
        "possible",
    }
)
# fmt: on


def less_and_less_polite(text: str) -> Iterator[str]:
    """The text, then the same with ever fewer of the words that ask for it, from the front first."""
    typed = text.split()
    yield text
    while typed and set(words(typed[0])) <= _OPENING:
        del typed[0]
        yield " ".join(typed)
    while typed and set(words(typed[-1])) <= _CLOSING:
        del typed[-1]
        yield " ".join(typed)
