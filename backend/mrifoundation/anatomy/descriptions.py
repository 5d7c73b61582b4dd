"""What structures are, in words that are no terms of anatomy."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import yaml

from .entries import sideless


def descriptions_of(name: str) -> tuple[str, ...]:
    """How people without the term describe a structure; of one side as of the whole, without the side."""
    told = descriptions()
    return told.get(name) or told.get(sideless(name), ())


@lru_cache(maxsize=1)
def descriptions() -> dict[str, tuple[str, ...]]:
    """Name of a structure, of both sides together → descriptions."""
    content = yaml.safe_load((files(__package__) / "data/descriptions.yaml").read_text(encoding="utf-8"))
    return {name: tuple(texts) for name, texts in content.items()}
