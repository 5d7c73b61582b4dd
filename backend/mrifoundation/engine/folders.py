"""Where encodings and uploaded volumes are kept between runs."""

import os
from pathlib import Path

import platformdirs

from mrifoundation.errors import InputError

GIGABYTE = 1_000_000_000


def cache_folder(part: str) -> Path:
    """`part` of the cache folder ($MRIFOUNDATION_CACHE, else the user's), created with access for the user alone."""
    root = os.environ.get("MRIFOUNDATION_CACHE") or platformdirs.user_cache_path("mrifoundation", appauthor=False)
    folder = Path(root) / part
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(
            f"The cache folder {folder} cannot be made ({error.strerror}); set MRIFOUNDATION_CACHE to one that can."
        ) from error
    return folder


def cache_limit() -> int:
    """Bytes that each part of the cache may take on disk: $MRIFOUNDATION_CACHE_GB (default 4) in decimal gigabytes."""
    text = os.environ.get("MRIFOUNDATION_CACHE_GB", "4")
    try:
        return max(0, int(float(text) * GIGABYTE))
    except (ValueError, OverflowError):
        raise InputError(f"MRIFOUNDATION_CACHE_GB is '{text}'; give a number of gigabytes such as 4.") from None
