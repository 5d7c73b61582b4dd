"""Vertebrae named by their first and last: "L1-L5", "vertebrae T11 to L2"."""

from __future__ import annotations

import re

_IN_ORDER = [*(f"T{i}" for i in range(1, 13)), *(f"L{i}" for i in range(1, 6)), "S1"]
_BETWEEN = re.compile(r"\b(?:disc|disk|level|space|facet|interv)", re.IGNORECASE)
_PAIR = re.compile(r"\b(?P<one>[tls]\d+)\s*/\s*(?P<other>[tls]?\d+)\b", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:\bvertebrae?\s+)?\b(th|t|l|s)(\d{1,2})\s*(?:-|–|to|through)\s*(th|t|l|s)?(\d{1,2})\b", re.IGNORECASE
)


def spelled_out(text: str) -> str:
    """The text with every range of vertebrae as a list; a disc or level between two vertebrae stays one thing."""
    if _BETWEEN.search(text):
        return _PAIR.sub(r"\g<one>-\g<other>", text)
    return _RANGE.sub(_listed, text)


def _listed(match: re.Match) -> str:
    first = f"{match[1][0]}{match[2]}".upper()
    last = f"{(match[3] or match[1])[0]}{match[4]}".upper()
    if first not in _IN_ORDER or last not in _IN_ORDER:
        return match.group()
    return ", ".join(_IN_ORDER[_IN_ORDER.index(first) : _IN_ORDER.index(last) + 1]) or match.group()
