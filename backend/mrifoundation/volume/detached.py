"""Voxels in another file than their header: only one in the header's own folder is ever opened."""

from pathlib import Path

from mrifoundation.errors import InputError


def beside(header: Path, data: Path, name: str) -> Path:
    """`data`, when it lies in the folder of `header` or below, wherever symbolic links lead. Raises InputError when it does not."""
    if not data.resolve().parent.is_relative_to(header.parent.resolve()):
        raise InputError(f"'{name}' keeps its voxels in a file outside its own folder; save it as a single file.")
    return data
