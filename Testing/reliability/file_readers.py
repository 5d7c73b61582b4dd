"""What reads a file of each kind as the service does, and looks whether what came out is whole."""

import json
from collections.abc import Callable
from pathlib import Path

CONTOURS = ("label map", "dicom-seg", "rtstruct", "stl")
GRID = "grid.json"  # where contours are wanted

Reader = Callable[[str | Path], object]
"""Raises what reading raises, and AssertionError or ValueError for what is not whole."""


def scan_reader() -> Reader:
    import numpy as np

    from mrifoundation.volume import read_scan

    def read(path: str | Path) -> object:
        scan = read_scan(path)
        assert scan.voxels.dtype == np.float32 and scan.voxels.ndim == 3 and np.isfinite(scan.voxels).all(), "voxels"
        assert np.isfinite(scan.affine).all() and np.linalg.det(scan.affine[:3, :3]) != 0, "affine"
        _check_sendable(scan.name, *scan.notes)
        return scan

    return read


def contours_reader(kind: str, grid: Path) -> Reader:
    """kind: of CONTOURS. grid: the file that tells on which grid they are wanted; a label map is read on its own."""
    import numpy as np

    from mrifoundation.anatomy import Vocabulary
    from mrifoundation.tasks.exchange import Grid, import_segments
    from mrifoundation.tasks.exchange.identity import identify

    vocabulary, told = Vocabulary.load(), json.loads(grid.read_text())
    wanted = None if kind == "label map" else Grid(tuple(told["shape"]), np.array(told["affine"]))

    def read(path: str | Path) -> object:
        found = import_segments(Path(path), wanted)
        _check_sendable(*found.notes)
        for segment in found.segments:
            assert segment.mask.dtype == bool and segment.mask.shape == tuple(found.grid.shape), "mask"
            identity = identify(segment, vocabulary)
            assert len(identity.colour) == 3 and all(0 <= part <= 255 for part in identity.colour), "colour"
            _check_sendable(segment.name, identity.written)
        return found

    return read


def _check_sendable(*texts: str) -> None:
    for text in texts:
        text.encode("utf-8")  # raises for half a character
