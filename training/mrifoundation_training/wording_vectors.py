"""Read every name, synonym and description of the vocabulary anew, for the suggestions of the engine, after any of them was changed.

`python -m mrifoundation_training.wording_vectors` writes what ships with the engine.
"""

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine.meaning import wordings_of
from mrifoundation.engine.wording_vectors import SHIPPED, write_vectors


def all_wordings() -> list[str]:
    """Every wording of the vocabulary once, in order."""
    vocabulary = Vocabulary.load()
    return sorted({wording for _, wording in wordings_of(vocabulary, vocabulary.names)})


if __name__ == "__main__":
    write_vectors(all_wordings())
    print(f"{len(all_wordings())} wordings are written to {SHIPPED}.")
