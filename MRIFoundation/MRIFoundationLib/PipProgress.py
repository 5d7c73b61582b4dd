"""How far pip is with a file, from the lines that it prints for programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"Progress (\d+) of (\d+)")
_FIRST_WITH_LINES = (24, 1)


@dataclass(frozen=True)
class PipProgress:
    """Bytes of the file that is fetched; `total` is 0 where nobody knows."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    @property
    def megabytes(self) -> int:
        """The size of the whole file."""
        return round(self.total / 1e6)


def read(line: str) -> PipProgress | None:
    """The progress that a line tells; None for every other line."""
    told = _LINE.fullmatch(line.strip())
    return PipProgress(int(told[1]), int(told[2])) if told else None


def way_to_tell(environment: Path) -> str:
    """What to give pip's `--progress-bar` in this environment: "raw" for such lines, "off" where its pip is too old for them."""
    places = ("lib/python3*/site-packages", "Lib/site-packages")
    names = [found.name for place in places for found in environment.glob(f"{place}/pip-*.dist-info")]
    versions = [re.match(r"pip-(\d+)\.(\d+)", name) for name in names]
    return "raw" if any(one and (int(one[1]), int(one[2])) >= _FIRST_WITH_LINES for one in versions) else "off"
