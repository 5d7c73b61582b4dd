"""The vocabulary with structures that a person taught: their names are read like any other."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ..errors import InputError
from .entries import SIDES, other, sided
from .prompts import understand
from .structure import Structure
from .vocabulary import Vocabulary
from .wording import canonical

KIND = "taught"
LONGEST_NAME = 64


@dataclass(frozen=True)
class TaughtName:
    """What the vocabulary has to know of a taught structure. one_piece: as of `Structure`."""

    name: str
    synonyms: tuple[str, ...] = ()
    one_piece: bool = False


def with_taught(vocabulary: Vocabulary, taught: Sequence[TaughtName]) -> Vocabulary:
    """`vocabulary` with more structures. A name that it has already only gains the synonyms."""
    structures = {structure.name: structure for structure in vocabulary}
    names = structures.keys() | {one.name for one in taught}
    for one in taught:
        known = structures.get(one.name) or _structure(one, names)
        structures[one.name] = replace(known, synonyms=tuple(dict.fromkeys((*known.synonyms, *one.synonyms))))
    return Vocabulary(
        list(structures.values()),
        vocabulary.groups,
        vocabulary.sets,
        vocabulary.group_synonyms,
        vocabulary.elsewhere,
    )


def known_as(name: str, vocabulary: Vocabulary) -> str | None:
    """What `vocabulary` reads `name` as, spelt correctly: the name of a structure, group or set; None when it is new to it."""
    read = understand(name, vocabulary)
    if len(read) != 1 or read[0].how in ("unknown", "typo"):
        return None
    return read[0].names[0] if len(read[0].names) == 1 else name


def check_taught(name: str, synonyms: tuple[str, ...], vocabulary: Vocabulary) -> None:
    """Raise InputError unless each wording, typed as a prompt, would be read as the structure `name` and nothing else.

    vocabulary: with all other taught structures, without this one where it is new.
    """
    wider = with_taught(vocabulary, [TaughtName(name, synonyms)])
    for wording in (name, *synonyms):
        if not canonical(wording) or len(wording) > LONGEST_NAME:
            raise InputError(
                f"'{wording[:80]}' cannot name a structure; use Latin letters and digits, at most {LONGEST_NAME} characters."
            )
        read = understand(wording, wider)
        if len(read) != 1 or read[0].names != (name,) or read[0].how == "typo":
            raise InputError(
                f"'{wording}' would not be read as one name ({' '.join(one.explanation for one in read)}) "
                "Choose a plain name that stands for nothing else."
            )


def _structure(taught: TaughtName, names: Collection[str]) -> Structure:
    name = taught.name
    side = next((side for side in SIDES if name.lower().startswith(f"{side} ")), None)
    partner = sided(name[len(side) + 1 :], other(side)) if side else None
    return Structure(
        name=name,
        side=side,
        partner=partner if partner in names else None,
        kind=KIND,
        colour=_colour(name),
        one_piece=taught.one_piece,
    )


def _colour(name: str) -> tuple[int, int, int]:
    """A strong colour of its own that stays the same."""
    turn = zlib.crc32(name.encode()) / 2**32
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(turn, 0.75, 0.95))
    return red, green, blue
