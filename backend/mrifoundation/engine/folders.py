"""Where encodings and uploaded volumes are kept between runs."""

import os
from pathlib import Path

import platformdirs

from mrifoundation.errors import InputError


def cache_folder(part: str) -> Path:
    """`part` of the cache folder ($MRIFOUNDATION_CACHE, else the user's), created with access for the user alone."""
    root = os.environ.get("MRIFOUNDATION_CACHE") or platformdirs.user_cache_path("mrifoundation", appauthor=False)
    folder = Path(root) / part
    try:
        private_folder(folder)
    except OSError as error:
        raise InputError(
            f"The cache folder {folder} cannot be made ({error.strerror}); set MRIFOUNDATION_CACHE to one that can."
        ) from error
    return folder


def private_folder(folder: Path) -> Path:
    """`folder`, made with its missing parents, and closed to everybody but its owner (mode 0700), also when it was there already."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True, mode=0o700)
    if os.name == "posix" and folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder
