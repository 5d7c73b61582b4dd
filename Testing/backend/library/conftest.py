"""A small archive made on the fly, an engine of random weights that reads words, and a library filled from the archive."""

import csv

import nibabel as nib
import numpy as np
import pytest

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
def reading_weights(tmp_path_factory):
    """A real network with random weights that puts scans and words into one space."""
    import torch
    from conftest import NAMES

    from mrifoundation.model import Card, FoundationModel, NetworkConfig, save_model

    torch.manual_seed(11)
    config = NetworkConfig(
        channels=(8, 8, 16, 16), blocks=(1, 1, 1, 1), features=16, neck_layers=1, neck_heads=2, query_dim=32, embed_dim=24, names=NAMES
    )  # fmt: skip
    model = FoundationModel(config)
    with torch.no_grad():
        model.name_text.copy_(torch.nn.functional.normalize(torch.randn(len(NAMES), config.text_dim), dim=1))
        model.head.bias.bias.fill_(0.0)
        model.head.presence_bias.bias.fill_(4.0)
    folder = tmp_path_factory.mktemp("weights") / "reading"
    save_model(folder, model, Card("reading", "0", "CC0-1.0", config))
    return folder


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
