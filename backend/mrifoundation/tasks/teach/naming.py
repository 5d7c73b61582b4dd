"""What a structure may be called when it is taught."""

from collections.abc import Sequence

from mrifoundation.anatomy.taught import check_taught, known_as
from mrifoundation.engine import Engine
from mrifoundation.errors import InputError


def chosen_name(engine: Engine, name: str, synonyms: Sequence[str], improve: bool) -> tuple[str, tuple[str, ...]]:
    """Name and synonyms as they are kept: of a structure that was taught before, its own name and all synonyms so far.

    improve: whether a name of the vocabulary is meant. Raises InputError for a name that the vocabulary has when it is not, and for a
    wording that would not be read as this structure alone.
    """
    name, synonyms = " ".join(name.split()), tuple(" ".join(one.split()) for one in synonyms)
    shelf, shipped = engine.taught, engine.shipped_vocabulary
    before = shelf.cards.get(known_as(name, shelf.vocabulary) or "")
    if before is not None:
        name, synonyms = before.name, (*before.synonyms, *synonyms)
    elif (known := known_as(name, shipped)) is not None:
        name = _improved(name, known, shipped, improve)
    synonyms = tuple(dict.fromkeys(one for one in synonyms if one and one != name))
    others = shelf.vocabulary_without(name, shipped)
    _check_free(name, synonyms, others, shipped)
    check_taught(name, synonyms, others)
    return name, synonyms


def _improved(name: str, known: str, shipped, improve: bool) -> str:
    if known not in shipped:
        raise InputError(
            f"'{name}' stands for several structures in the vocabulary; name one of them, or another name."
        )
    if not improve:
        raise InputError(
            f"The vocabulary has '{known}' already; choose another name, or say that you improve it (--improve, over HTTP "
            '"improve": true): what you teach is then answered under this name, until you remove it.'
        )
    return known


def _check_free(name: str, synonyms: tuple[str, ...], others, shipped) -> None:
    """InputError when a synonym is read as something else already."""
    for synonym in synonyms:
        taken = known_as(synonym, others)
        if taken not in (None, name):
            raise InputError(f"'{synonym}' is read as {taken} already; leave this synonym out or choose another.")
