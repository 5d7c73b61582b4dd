"""The anatomy the system knows: names, synonyms, sides, groups, colours and codes, and what a prompt means in them."""

from .completion import complete
from .prompts import Understood, understand
from .structure import Structure
from .vocabulary import Vocabulary

__all__ = ["Structure", "Understood", "Vocabulary", "complete", "understand"]
