"""The prompt line as text: a comma list of structures of which one item is being typed or corrected. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape


def item_at(text: str, cursor: int) -> tuple[int, int]:
    """Start and end of the item of a comma (or semicolon) list that the cursor is in, without surrounding spaces."""
    start = max(text.rfind(",", 0, cursor), text.rfind(";", 0, cursor)) + 1
    ends = [end for end in (text.find(",", cursor), text.find(";", cursor)) if end >= 0]
    end = min(ends, default=len(text))
    item = text[start:end]
    if not item.strip():
        return cursor, cursor
    return start + len(item) - len(item.lstrip()), end - len(item) + len(item.rstrip())


def complete(text: str, cursor: int, name: str) -> tuple[str, int]:
    """The text with the item at the cursor replaced by `name`, and where the cursor then is."""
    start, end = item_at(text, cursor)
    before = text[:start]
    if before and not before[-1].isspace():
        before += " "
    return before + name + text[end:], len(before) + len(name)


def correct(text: str, wrong: str, name: str) -> str:
    """The text with the unknown item `wrong` replaced by `name`; `name` alone when the item is not found."""
    pattern = re.compile(rf"(?<!\w){re.escape(wrong)}(?!\w)", re.IGNORECASE)
    corrected, count = pattern.subn(lambda _match: name, text, count=1)
    return corrected if wrong and count else name


def linked(sentence: str, names: Iterable[str], wrong: str) -> str:
    """The sentence as rich text in which every known name can be clicked to replace `wrong`.

    A link's target is `wrong` and name, parted by a line feed. Longer names win over those inside them.
    """
    known = {name.lower(): name for name in names if name.lower() != wrong.lower()}
    if not known:
        return escape(sentence)
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    text, end = "", 0
    for match in pattern.finditer(sentence):
        target = escape(f"{wrong}\n{known[match.group(0).lower()]}", quote=True).replace("\n", "&#10;")
        text += f'{escape(sentence[end : match.start()])}<a href="{target}">{escape(match.group(0))}</a>'
        end = match.end()
    return text + escape(sentence[end:])


def worth_saying(sentences: Iterable[str]) -> list[str]:
    """The sentences on how prompts were read, without repetitions and those where a prompt was read as just
    what it says; that it has two sides is seen from the rows, one for each."""
    plain = re.compile(r"^'(.+)' was read as \1(, left and right together)?\.$", re.IGNORECASE)
    return [sentence for sentence in dict.fromkeys(sentences) if not plain.match(sentence)]
