"""Slips are forgiven, yet never turn a side into the other or a structure into another."""

import random
import string

from mrifoundation.anatomy import understand


def _slipped(text: str, chance: random.Random, slips: int) -> str:
    for _ in range(slips):
        at = chance.randrange(len(text))
        letter = chance.choice(string.ascii_lowercase)
        kind = chance.choice(("drop", "double", "swap", "replace", "insert"))
        if kind == "drop":
            text = text[:at] + text[at + 1 :]
        elif kind == "double":
            text = text[:at] + text[at] + text[at:]
        elif kind == "swap":
            text = text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
        elif kind == "replace":
            text = text[:at] + letter + text[at + 1 :]
        else:
            text = text[:at] + letter + text[at:]
    return text


def test_sides_are_never_swapped(vocabulary):
    chance = random.Random(2)
    sided = [s for s in vocabulary if s.side]
    for structure in sided:
        for slips in (1, 2, 3):
            typed = _slipped(structure.name, chance, slips)
            names = [name for one in understand(typed, vocabulary) for name in one.names]
            sides = {vocabulary[name].side for name in names if name in vocabulary}
            assert structure.side in sides or sides <= {None}, (typed, structure.name, names)


def test_a_slip_never_gives_another_structure(vocabulary):
    chance = random.Random(3)
    wrong, right, total = [], 0, 0
    for structure in vocabulary:
        for _ in range(2):
            typed = _slipped(structure.name, chance, 1)
            if typed == structure.name or (" " not in typed and " " in structure.name):
                continue
            total += 1
            understood = understand(typed, vocabulary)
            whole = structure.name.removeprefix(f"{structure.side} ")
            allowed = {structure.name, whole, *vocabulary.sides_of(whole)}
            names = {name for one in understood for name in one.names}
            right += names == {structure.name}
            if not names <= allowed:
                wrong.append((typed, structure.name, names))
    assert len(wrong) <= 0.002 * total, wrong
    assert right >= 0.75 * total, f"only {right} of {total} slips were forgiven"


def test_one_known_structure_is_never_read_as_another(vocabulary):
    for structure in vocabulary:
        (one,) = understand(structure.name, vocabulary)
        assert one.names == (structure.name,) and one.how in ("exact", "both sides")


def test_short_words_and_numbers_are_taken_as_they_are(vocabulary):
    for typed in ("L6", "T13", "rib 6", "costa VI", "S2 vertebra", "LX"):
        (one,) = understand(typed, vocabulary)
        assert one.how == "unknown", typed
