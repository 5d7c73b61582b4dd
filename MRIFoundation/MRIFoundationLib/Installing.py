"""An installation under way: which program follows which, and what is kept when one of them fails. No Qt, no MRML."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from . import LocalPaths
from .Installation import Installation
from .Step import Step


def carry_out(plan: Installation) -> Generator[Step, bool, bool]:
    """Gives one step after another and is sent whether it went well; returns whether the backend is installed.

    The new environment is made beside the one in use, which is left only for one that was proven. What is then no longer
    needed is removed last, the old one or the failed one.
    """
    is_proven = yield from _make(plan)
    unneeded = LocalPaths.take_into_use(plan.environment) if is_proven else plan.environment
    if unneeded:
        yield plan.removal(unneeded)
    return is_proven


def _make(plan: Installation) -> Generator[Step, bool, bool]:
    for step in _one_by_one(plan):
        if not (yield step):
            return False
    return LocalPaths.command_in(plan.environment).is_file()


def _one_by_one(plan: Installation) -> Iterator[Step]:
    """What follows the making is known only when that is done."""
    yield from plan.making()
    yield from plan.steps()
