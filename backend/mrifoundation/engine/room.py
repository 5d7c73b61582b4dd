"""How much may be kept, on disk and in memory."""

import os

from mrifoundation.engine.machine_memory import machine_memory
from mrifoundation.errors import InputError

GIGABYTE = 1_000_000_000


def cache_limit() -> int:
    """Bytes that each part of the cache may take on disk: $MRIFOUNDATION_CACHE_GB (default 4) in decimal gigabytes."""
    return int(_gigabytes("MRIFOUNDATION_CACHE_GB", "4") * GIGABYTE)


def memory_limit(share: float) -> int:
    """Bytes of memory for what takes `share` of all that is kept there: of $MRIFOUNDATION_MEMORY_GB (default 3) in decimal gigabytes."""
    return int(_gigabytes("MRIFOUNDATION_MEMORY_GB", "3") * share * GIGABYTE)


def requests_limit() -> int:
    """Bytes of memory that requests at work may hold together: $MRIFOUNDATION_REQUESTS_GB in decimal gigabytes, else a quarter of the
    computer's."""
    return int(_gigabytes("MRIFOUNDATION_REQUESTS_GB", f"{machine_memory() / 4 / GIGABYTE:.1f}") * GIGABYTE)


def _gigabytes(name: str, default: str) -> float:
    text = os.environ.get(name, default)
    try:
        found = float(text)
        if found < float("inf"):
            return max(0.0, found)
    except ValueError:
        pass
    raise InputError(f"{name} is '{text}'; give a number of gigabytes such as {default}.")
