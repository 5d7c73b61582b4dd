"""A scan of nothing but an unborn child's brain, shown as it lies in the mother."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion

from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.synthesis.geometry import GeometryRanges

STILL = GeometryRanges(budget=(40_000, 40_000), rotation=0, scale=0, shear=0, warp_mm=0, partial=0)


@pytest.fixture
def brain(tmp_path):
    """20 mm of brain, whose signal grows along x, in an array of 60 mm that is 0 elsewhere."""
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[10:20, 10:20, 10:20] = 1
    signal = labels * np.linspace(100, 400, 30)[:, None, None]
    paths = tmp_path / "scan.nii", tmp_path / "labels.nii"
    for path, array in zip(paths, (signal.astype(np.float32), labels), strict=True):
        nib.save(nib.Nifti1Image(array, np.diag([2, 2, 2, 1])), path)
    return Case("child", "child", "atlas", "fetal-brain", *paths, {1: "brainstem"}, sequence="T2")


def drawn(case, **recipe) -> list:
    shown = SourceRecipe(1.0, synthetic=0.0, flip=False, margin_mm=60.0, beyond=True, **recipe)
    examples = Examples([case], {"atlas": shown}, STILL, strength=0.0, seed=2)
    return [examples[n] for n in range(12)]


@pytest.mark.parametrize("sequence", ["T2", "unknown"])
def test_a_scan_of_a_brain_alone_is_shown_in_a_mother_with_the_brain_as_it_was_scanned(brain, sequence):
    for example in drawn(replace(brain, sequence=sequence), womb=1.0):
        inside = torch.from_numpy(binary_erosion(example.labels.numpy() > 0))  # its rim is mixed with what lies around
        along = torch.arange(inside.shape[0])[:, None, None].expand(inside.shape)[inside].float()
        assert torch.corrcoef(torch.stack([along, example.image[inside]]))[0, 1] > 0.9
        around = example.image[(example.labels == 0) & (example.valid > 0)]
        assert (around > -0.9).float().mean() > 0.2 and around.std() > 0.1


def test_otherwise_it_is_shown_as_it_is(brain):
    for example in drawn(brain):
        around = example.image[(example.labels == 0) & (example.valid > 0)]
        assert not len(around) or (around > -0.9).float().mean() < 0.35, "no more than the rim of the brain"
