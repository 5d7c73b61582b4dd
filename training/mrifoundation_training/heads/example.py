"""One case to fit a head to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mrifoundation.volume import Scan, read_scan


@dataclass(frozen=True)
class Example:
    """id: names the measurement in the cache. read: gives the series in order. simulated: whether the disease was drawn into it.
    labels: reference label map of the first series, or None."""

    id: str
    patient: str
    label: str
    read: Callable[[], tuple[Scan, ...]]
    source: str
    tier: str = "open"
    split: str = "train"
    simulated: bool = False
    labels: Path | None = None


def from_files(*paths: Path) -> Callable[[], tuple[Scan, ...]]:
    """Reads the files when asked."""
    return lambda: tuple(read_scan(path) for path in paths)
