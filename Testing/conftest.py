"""What tests share: the data pack, weights small enough to make on the fly, a scan, and a cache of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# For `running_service`: pytest's importlib mode adds no folder by itself.
sys.path.insert(0, str(Path(__file__).parent))

NAMES = (
    "left hippocampus",
    "right hippocampus",
    "brainstem",
    "liver",
    "left kidney",
    "right kidney",
    "spleen",
    "left thalamus",
    "right thalamus",
)

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_pack() -> Path:
    """The folder of the data pack (`volumes.csv`, images, labels ...); the test is skipped where there is none."""
    folder = Path(os.environ.get("MRIFOUNDATION_DATA", _BESIDE_THE_REPOSITORY))
    if not (folder / "volumes.csv").is_file():
        pytest.skip(f"needs the data pack: {folder} is not there (set MRIFOUNDATION_DATA to its folder)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory):
    """Neither the user's cache nor key, library, heads and taught structures are touched by any test."""
    folder = tmp_path_factory.mktemp("own")
    own = {
        "MRIFOUNDATION_CACHE": str(folder / "cache"),
        "MRIFOUNDATION_STRUCTURES": str(folder / "structures"),
        "MRIFOUNDATION_HEADS": str(folder / "heads"),
        "MRIFOUNDATION_LIBRARY": str(folder / "library"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    yield folder
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A real network with random weights: every structure is in view, none is anatomically right."""
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny", seed=7)


@pytest.fixture(scope="session")
def reading_weights(tmp_path_factory) -> Path:
    """The same kind of network, that puts scans and words into one space."""
    return write_weights(tmp_path_factory.mktemp("weights") / "reading", seed=11, embed_dim=24)


@pytest.fixture(scope="session")
def weights_with(tmp_path_factory):
    """weights_with(field=value) → the kind of `tiny_weights` with other fields of its NetworkConfig."""
    return lambda **more: write_weights(tmp_path_factory.mktemp("weights") / "other", seed=7, **more)


def write_weights(folder: Path, seed: int, **more) -> Path:
    """Save an untrained network; `more`: fields of its NetworkConfig."""
    import torch

    from mrifoundation.model import Card, FoundationModel, NetworkConfig, save_model

    torch.manual_seed(seed)
    config = NetworkConfig(
        channels=(8, 8, 16, 16),
        blocks=(1, 1, 1, 1),
        features=16,
        neck_layers=1,
        neck_heads=2,
        query_dim=32,
        names=NAMES,
        **more,
    )
    model = FoundationModel(config)
    with torch.no_grad():
        model.name_text.copy_(torch.nn.functional.normalize(torch.randn(len(NAMES), config.text_dim), dim=1))
        model.head.bias.bias.fill_(0.0)
        model.head.presence_bias.bias.fill_(4.0)
    save_model(folder, model, Card(folder.name, "0", "CC0-1.0", config))
    return folder


@pytest.fixture(scope="session")
def head_voxels() -> np.ndarray:
    """int16 [40, 44, 36]: an ellipsoid with brighter and darker parts inside, and a little noise around."""
    random = np.random.default_rng(3)
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, n) for n in (40, 44, 36)), indexing="ij")
    radius = np.sqrt(i**2 + j**2 + k**2)
    tissue = np.where(radius < 1, 400 + 300 * np.sin(5 * i) * np.cos(4 * j + k), 0)
    return (tissue + random.normal(20, 8, tissue.shape)).clip(0).astype(np.int16)


@pytest.fixture(scope="session")
def oblique_affine() -> np.ndarray:
    """Anisotropic voxels, axes turned by 20 and 10 degrees, the first one flipped."""
    a, b = np.radians((20, 10))
    turn_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = turn_z @ turn_x @ np.diag([-2.0, 2.5, 3.0])
    affine[:3, 3] = (40, -55, -50)
    return affine


@pytest.fixture(scope="session")
def head_file(tmp_path_factory, head_voxels, oblique_affine) -> Path:
    """The head as an oblique NIfTI file."""
    import nibabel as nib

    path = tmp_path_factory.mktemp("scans") / "head.nii.gz"
    nib.save(nib.Nifti1Image(head_voxels, oblique_affine), path)
    return path


@pytest.fixture
def dciodvfy():
    """dciodvfy(path): what the validator of David Clunie's dicom3tools tells of a DICOM file, and the lines of it that are errors."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("needs the Debian package dicom3tools (dciodvfy)")

    def dciodvfy(path) -> tuple[str, list[str]]:
        told = subprocess.run([program, path], capture_output=True, text=True).stderr
        return told, [line for line in told.splitlines() if line.startswith("Error")]

    return dciodvfy
