"""From a data set's own name of a structure to the vocabulary's."""

import re

from mrifoundation.anatomy import Vocabulary
from mrifoundation.tasks.exchange.identity import find_structure


def canonical(name: str) -> str:
    """The vocabulary's name ("Kidney_left", "Kidney_L" → left kidney), by names, synonyms and TG-263; where nothing matches exactly, the
    name as it is, in small letters."""
    vocabulary = Vocabulary.load()
    plain = re.sub(r"[_\-]+", " ", name).strip()
    for text in (name, plain, " ".join(reversed(plain.split(" ", 1)))):
        if structure := find_structure(text, vocabulary):
            return structure.name
    return plain.lower()
