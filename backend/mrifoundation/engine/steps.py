"""Work in steps, so that other work may go between them: a generator that returns what it gives, and yields whether what was done
so far is written down, so that it need not be done again."""

from collections.abc import Generator
from typing import TypeVar

Given = TypeVar("Given")


def exhausted(steps: Generator[bool | None, None, Given]) -> Given:
    """What the work gives, done at one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
