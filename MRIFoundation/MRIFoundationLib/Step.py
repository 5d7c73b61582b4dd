"""A step of an installation: one program to run, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """`variables`: what this program finds in its environment besides what all find there."""

    words: str
    command: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)
