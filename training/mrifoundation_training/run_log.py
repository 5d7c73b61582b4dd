"""The log of a run: a CSV that anything can read, and TensorBoard where it is installed."""

import csv
import time
from pathlib import Path


class RunLog:
    """Averages figures between writes; a resumed run goes on in the same file."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._sums, self._counts, self._started = folder / "log.csv", {}, {}, time.monotonic()
        try:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"))
        except ImportError:
            self._board = None

    def add(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

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
