"""The log of a run: a CSV that anything can read, and TensorBoard where it is installed."""

import csv
import time
from contextlib import suppress
from pathlib import Path


class RunLog:
    """Averages figures between writes; a resumed run goes on in the same file. writes: False for one that only collects."""

    def __init__(self, folder: Path, writes: bool = True):
        self._board = None
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._sums, self._counts, self._started = folder / "log.csv", {}, {}, time.monotonic()
        if writes:
            with suppress(ImportError):
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(folder / "tensorboard"))

    def add(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def collect(self) -> tuple[dict[str, float], dict[str, int]]:
        """Sums and counts since the last write, which are then empty."""
        told = self._sums, self._counts
        self._sums, self._counts = {}, {}
        return told

    def take(self, told: tuple[dict[str, float], dict[str, int]]) -> None:
        """Add what a log collected, this one or that of another process."""
        for name, total in told[0].items():
            self._sums[name] = self._sums.get(name, 0.0) + total
            self._counts[name] = self._counts.get(name, 0) + told[1][name]

    def write(self, step: int, **extra: float) -> dict[str, float]:
        """Write and return the means since the last write, by name; figures of a source are named dice/<source>."""
        means = {name: self._sums[name] / self._counts[name] for name in sorted(self._sums)} | extra
        new = not self._path.exists()
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(("step", "seconds", "figure", "value"))
            seconds = round(time.monotonic() - self._started, 1)
            writer.writerows((step, seconds, name, f"{value:.6g}") for name, value in means.items())
        if self._board:
            for name, value in means.items():
                self._board.add_scalar(name, value, step)
        self._sums.clear(), self._counts.clear()
        return means
