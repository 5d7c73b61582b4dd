"""Work in steps, so that other work may go between them: a generator that yields nothing and returns what it gives."""

from collections.abc import Generator
from typing import TypeVar

Given = TypeVar("Given")


def exhausted(steps: Generator[None, None, Given]) -> Given:
    """What the work gives, done at one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
