"""One case to fit a head to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mrifoundation.volume import Scan, read_scan


@dataclass(frozen=True)
class Example:
    """id: names the measurement in the cache. read: gives the series in order. simulated: whether the disease was drawn into it.
    labels: reference label maps of the series in order, () where there are none; table: what their values mean."""

    id: str
    patient: str
    label: str
    read: Callable[[], tuple[Scan, ...]]
    source: str
    tier: str = "open"
    split: str = "train"
    simulated: bool = False
    labels: tuple[Path, ...] = ()
    table: dict[int, str] = field(default_factory=dict)


def from_files(*paths: Path) -> Callable[[], tuple[Scan, ...]]:
    """Reads the files when asked."""
    return lambda: tuple(read_scan(path) for path in paths)
