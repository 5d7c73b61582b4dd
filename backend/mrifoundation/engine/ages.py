"""How long files lie unused, by a clock that nobody sets.

The stamps of files are of the clock on the wall, which may be set by hours while the service runs. It is asked for a file's age only at
first sight; from then on age grows by the computer's own clock. What has a new stamp since the last look was used since.
"""

import os
import time
from contextlib import suppress
from pathlib import Path


class Ages:
    """The files, or folders as a whole, of one folder; to be kept and asked again and again."""

    def __init__(self, folder: Path, pattern: str = "*"):
        self._folder, self._pattern = folder, pattern
        self._seen: dict[Path, tuple[float, float]] = {}  # stamp, and when it was last used by our own clock
        self._looked: float | None = None

    def unused(self, seconds: float) -> list[Path]:
        """What was neither written nor read for so long."""
        now, wall, seen = time.monotonic(), time.time(), {}
        for path in self._folder.glob(self._pattern):
            with suppress(OSError):
                stamp = _stamp(path)
                before = self._seen.get(path)
                used = before[1] if before and before[0] == stamp else now - self._age(wall - stamp, now)
                if stamp > wall:  # or it would seem just used at every start until that day
                    os.utime(path, (wall - (now - used),) * 2)
                    stamp = _stamp(path)
                seen[path] = (stamp, used)
        self._seen, self._looked = seen, now
        return [path for path, (_, used) in seen.items() if now - used > seconds]

    def _age(self, told: float, now: float) -> float:
        most = float("inf") if self._looked is None else now - self._looked
        return min(max(told, 0.0), most)


def _stamp(path: Path) -> float:
    """Seconds since 1970; of a folder, when anything in it was last written."""
    inside = path.rglob("*") if path.is_dir() else ()
    return max(one.stat().st_mtime for one in (path, *inside))
