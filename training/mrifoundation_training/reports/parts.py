"""A text put together from parts, each of which says one thing and can be exchanged for what is not so."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Part:
    """Words for one thing that is known; false: words for what it surely is not."""

    true: str
    false: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clause:
    """form: with a {} for each of the parts."""

    form: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Written:
    """A text that is true, and copies that are false, each in one thing only."""

    text: str
    changed: tuple[str, ...]


def written(rng: np.random.Generator, clauses: list[Clause], joint: str, copies: int) -> Written:
    """The clauses as one text, and up to so many false copies, spread over all that can be said falsely. joint: stands between clauses."""
    form = joint.join(clause.form for clause in clauses)
    parts = [part for clause in clauses for part in clause.parts]
    words = [part.true for part in parts]
    false = [[str(one) for one in rng.permutation(part.false)] if part.false else [] for part in parts]
    changes = []
    while len(changes) < copies and any(false):
        for place in rng.permutation(len(parts)):
            if false[place]:
                changes.append([*words[:place], false[place].pop(), *words[place + 1 :]])
    return Written(_said(form, words), tuple(_said(form, said) for said in changes[:copies]))


def _said(form: str, words: list[str]) -> str:
    text = form.format(*words)
    return text[:1].upper() + text[1:]
