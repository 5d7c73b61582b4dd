"""Series made on the fly, their regions, and the checker of DICOM files."""

from pathlib import Path

import pytest
from mr_series import ball, hard_mask, write_series

from mrifoundation.tasks.exchange import Segment, SourceSeries, read_source

PLANES = {
    "axial": {"direction": "axial"},
    "sagittal, anisotropic": {"direction": "sagittal", "pixel": (0.5, 0.9), "distance": 4.0},
    "coronal": {"direction": "coronal", "pixel": (0.7, 0.7), "distance": 1.0},
    "oblique, anisotropic": {"direction": "oblique", "pixel": (0.9, 0.6), "distance": 5.0},
}


@pytest.fixture(params=PLANES)
def series(request, tmp_path) -> Path:
    """The folder of a series in each kind of plane."""
    return write_series(tmp_path / "series", **PLANES[request.param])


@pytest.fixture
def source(series) -> SourceSeries:
    return read_source(series)


@pytest.fixture
def segments() -> list[Segment]:
    """A structure of the vocabulary with holes and several parts, and one of nobody's vocabulary that overlaps it."""
    return [
        Segment("left kidney", hard_mask()),
        Segment("seroma near the clip", ball((12, 12, 6), (9, 9, 4)), (12, 200, 33)),
    ]


@pytest.fixture
def save(tmp_path):
    """save(exported, name): the file."""

    def save(exported, name="export"):
        path = tmp_path / f"{name}{exported.suffix}"
        path.write_bytes(exported.content)
        return path

    return save


@pytest.fixture
def errors_of(dciodvfy):
    """errors_of(path): what the validator calls an error in a DICOM file."""

    def errors_of(path) -> list[str]:
        told, errors = dciodvfy(path)
        assert told.strip(), "the validator named no object"
        return errors

    return errors_of
