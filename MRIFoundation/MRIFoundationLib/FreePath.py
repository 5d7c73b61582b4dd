"""A place for a file where none lies yet: an export of the next person must not take the place of the last one's."""

from __future__ import annotations

from pathlib import Path

_DOUBLE_SUFFIXES = (".nii.gz", ".seg.nrrd")


def free(path: Path) -> Path:
    """`path`, or where something is there already, the first of name-2, name-3 … that is free."""
    suffix = next((each for each in _DOUBLE_SUFFIXES if path.name.endswith(each)), path.suffix)
    stem, number, tried = path.name.removesuffix(suffix), 1, path
    while tried.exists():
        number += 1
        tried = path.with_name(f"{stem}-{number}{suffix}")
    return tried
