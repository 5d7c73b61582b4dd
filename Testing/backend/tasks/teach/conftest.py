"""Scans of one kind made on the fly: a body with a bright ball that lies elsewhere in each; labels beside them."""

import nibabel as nib
import numpy as np
import pytest
from taught_scans import AFFINE, a_body

from mrifoundation import Engine


@pytest.fixture(scope="session")
def engine(tiny_weights):
    return Engine.load(tiny_weights, "cpu")


@pytest.fixture(autouse=True)
def own_structures(tmp_path, monkeypatch):
    """Every test begins with nothing taught."""
    monkeypatch.setenv("MRIFOUNDATION_STRUCTURES", str(tmp_path / "structures"))
    return tmp_path / "structures"


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Scan and labels of three bodies, as paths; the ball has the value 2."""
    folder = tmp_path_factory.mktemp("bodies")
    paths = []
    for seed in range(3):
        voxels, ball = a_body(seed)
        scan, labels = folder / f"body{seed}.nii.gz", folder / f"labels{seed}.nii.gz"
        nib.save(nib.Nifti1Image(voxels, AFFINE), scan)
        nib.save(nib.Nifti1Image(ball.astype(np.uint8) * 2, AFFINE), labels)
        paths.append((scan, labels))
    return paths
