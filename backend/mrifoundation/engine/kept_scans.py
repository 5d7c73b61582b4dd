"""What is on disk of scans that were sent or encoded: forgotten by scan, or when it was not used for long. Needs no torch."""

import os
from collections.abc import Collection

from mrifoundation.engine.ages import Ages
from mrifoundation.engine.disk_cache import DiskCache
from mrifoundation.engine.folders import cache_folder
from mrifoundation.errors import InputError

UPLOADS, ENCODINGS = "volumes", "encodings"


def keep_days() -> float | None:
    """Days that uploads and encodings may lie unused: $MRIFOUNDATION_KEEP_DAYS; None when it is not set, so that only room decides.
    Raises InputError when it is no number above 0."""
    text = os.environ.get("MRIFOUNDATION_KEEP_DAYS", "").strip()
    if not text:
        return None
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days < 1e6:
        raise InputError(f"MRIFOUNDATION_KEEP_DAYS is '{text[:40]}'; give a number of days such as 30.")
    return days


def forget_scans(hashes: Collection[str]) -> tuple[int, int]:
    """Delete uploads and encodings (of all weights and details) of scans, by their content hashes; gives how many of each."""
    wanted = set(hashes)
    uploads, encodings = _cache(UPLOADS), _cache(ENCODINGS)
    sent = sum(uploads.drop(one) for one in wanted)
    encoded = [key for key, about in encodings.abouts() if about.get("scan_hash") in wanted]
    return sent, sum(encodings.drop(key) for key in encoded)


class Unused:
    """Uploads and encodings that nobody used for `days`; kept and asked again and again, so that a clock that is set forgets nothing too
    early or never."""

    def __init__(self, days: float):
        self.days = days
        self._ages = {part: Ages(cache_folder(part), "*.safetensors") for part in (UPLOADS, ENCODINGS)}

    def forget(self) -> tuple[list[str], int]:
        """Delete them; gives the hashes of the uploads, and the number of encodings."""
        return self._forget(UPLOADS), len(self._forget(ENCODINGS))

    def _forget(self, part: str) -> list[str]:
        cache = _cache(part)
        return [path.stem for path in self._ages[part].unused(self.days * 86400) if cache.drop(path.stem)]


def _cache(part: str) -> DiskCache:
    return DiskCache(cache_folder(part), 0)
