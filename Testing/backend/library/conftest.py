"""A small archive made on the fly, an engine of random weights that reads words, and a library filled from the archive."""

import csv

import nibabel as nib
import numpy as np
import pytest
from mr_series import write_planes

COLUMNS = ("id", "subject", "source", "region", "sequence", "kind", "path", "age", "sex", "diagnosis", "caption")


def write_scan(path, seed, spacing=(4.0, 4.0, 4.0)):
    """A noisy ellipsoid whose inside depends on the seed: no two are alike, one seed is always the same."""
    rng = np.random.default_rng(seed)
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, n) for n in (30, 28, 26)), indexing="ij")
    inside = i**2 + j**2 + k**2 < 1
    image = inside * (300 + 200 * np.sin((2 + seed) * i) * np.cos((1 + seed) * j + k)) + rng.normal(20, 5, i.shape)
    nib.save(nib.Nifti1Image(image.clip(0).astype(np.int16), np.diag([*spacing, 1.0])), path)
    return path


@pytest.fixture(scope="session")
def engine(tiny_weights, own_folders):
    """Weights that never saw words, as the first shipped ones."""
    from mrifoundation.engine import Engine

    return Engine.load(tiny_weights, "cpu")


@pytest.fixture(scope="session")
def reading_engine(reading_weights, own_folders):
    from mrifoundation.engine import Engine

    return Engine.load(reading_weights, "cpu")


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """volumes.csv with six scans of four people, one label map, one scan that is damaged and one that is not there."""
    folder = tmp_path_factory.mktemp("archive")
    rows = []
    facts = [
        ("a1", "anna", "brain", "T1", "63", "F", "glioma", "T1-weighted MRI of a brain with a glioma."),
        ("a2", "anna", "brain", "T2", "63", "F", "glioma", "T2-weighted MRI of a brain with a glioma."),
        ("b1", "bert", "brain", "T1", "71", "M", "healthy", "T1-weighted MRI of a healthy brain."),
        ("c1", "carl", "abdomen", "T2", "45", "M", "unknown", "T2-weighted MRI of the abdomen with both kidneys."),
        ("c2", "carl", "abdomen", "T1", "45", "M", "unknown", "T1-weighted MRI of the abdomen."),
        ("d1", "dora", "unknown", "unknown", "", "", "unknown", ""),
    ]
    for seed, (name, subject, *rest) in enumerate(facts):
        write_scan(folder / f"{name}.nii.gz", seed)
        rows.append((name, subject, "made", *rest[:2], "image", f"{name}.nii.gz", *rest[2:]))
    (folder / "broken.nii.gz").write_bytes(b"this is no scan")
    rows.append(("broken", "eve", "made", "brain", "T1", "image", "broken.nii.gz", "", "", "unknown", ""))
    rows.append(("gone", "eve", "made", "brain", "T1", "image", "gone.nii.gz", "", "", "unknown", ""))
    rows.append(("map", "eve", "made", "brain", "none", "labelmap", "a1.nii.gz", "", "", "unknown", ""))
    with open(folder / "volumes.csv", "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder / "volumes.csv"


@pytest.fixture(scope="session")
def filled(archive, engine, tmp_path_factory):
    """A library with the archive in it; tests do not change it."""
    from mrifoundation.library import Library

    library = Library.open(tmp_path_factory.mktemp("library"), engine)
    library.report = library.add([archive], "made", profile="fast")
    return library


@pytest.fixture(scope="session")
def filled_reading(archive, reading_engine, tmp_path_factory):
    """The same with weights that read words."""
    from mrifoundation.library import Library

    library = Library.open(tmp_path_factory.mktemp("library"), reading_engine)
    library.add([archive], "made", profile="fast")
    return library


@pytest.fixture(scope="session")
def write_series():
    """write_series(folder, seed, **attributes): a DICOM series of 12 slices of a patient who must never be named."""

    def write(folder, seed, slices=12, **attributes):
        rng = np.random.default_rng(seed)
        j, i = np.meshgrid(np.linspace(-1.2, 1.2, 32), np.linspace(-1.2, 1.2, 28))
        planes = []
        for height in 2.4 * np.arange(slices) / slices - 1.2:
            inside = i**2 + j**2 + height**2 < 1
            planes.append((inside * (400 + 200 * np.sin((3 + seed) * i)) + rng.normal(30, 5, i.shape)).clip(0))
        told = {
            "PatientAge": "063Y",
            "SeriesNumber": seed,
            "SeriesDescription": "Meier T1 axial",
            "BodyPartExamined": "BRAIN",
            "PixelSpacing": [5.0, 5.0],
            "SliceThickness": 10.0,
        }
        place = {"step": (0, 0, 10.0), "origin": (-80.0, -70.0, 0.0), "prefix": f"{seed:02}-"}
        return write_planes(folder, planes, **place, **(told | attributes))

    return write


@pytest.fixture(scope="session")
def examination(tmp_path_factory, write_series):
    """A study as a scanner leaves it: T1, T1 with contrast agent, FLAIR by its times, a localizer, an ADC map, a projection."""
    folder = tmp_path_factory.mktemp("examination")
    write_series(folder / "a", 1)
    write_series(folder / "b", 2, SeriesDescription="ax T1 post 06.05.2024", ContrastBolusAgent="Gadovist")
    times = {"ScanningSequence": ["SE", "IR"], "RepetitionTime": 9000, "EchoTime": 120, "InversionTime": 2500}
    write_series(folder / "b", 3, SeriesDescription="brain overview of sorts", **times)
    write_series(folder / "c", 4, slices=3, SeriesDescription="localizer")
    write_series(folder / "c", 5, SeriesDescription="map", ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "ADC"])
    write_series(folder / "c", 6, SeriesDescription="cor", ImageType=["DERIVED", "SECONDARY", "MPR"])
    (folder / "readme.txt").write_text("no scan")
    return folder
