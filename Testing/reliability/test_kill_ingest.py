"""kill -9 at random moments of an ingest, small: the library ends as if nothing had happened."""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kill_ingest

SCANS, KILLS = 12, 2


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A manifest of scans of a few people, half of them without a sequence, which is to be voted on."""
    folder = tmp_path_factory.mktemp("scans")
    lines = ["id,subject,region,sequence,path"]
    for seed in range(SCANS):
        voxels = np.random.default_rng(seed).normal(100, 20, (20, 18, 16))
        voxels[4:15, 4:14, 4:12] += 200 + 20 * seed
        nib.save(nib.Nifti1Image(voxels.astype(np.int16), np.diag([4.0, 4, 4, 1])), folder / f"s{seed}.nii.gz")
        lines.append(f"s{seed},p{seed // 2},abdomen,{('T1', '')[seed % 2]},s{seed}.nii.gz")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder / "manifest.csv"


def test_a_library_whose_ingest_was_killed_again_and_again_equals_an_undisturbed_one(scans, tiny_weights, capsys):
    arguments = [scans, "--weights", tiny_weights, "--kills", KILLS, "--commit", 2, "--json"]
    assert kill_ingest.main([str(part) for part in arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["equal"] and found["rows_that_differ"] == 0 and found["rows"]["cases"] == SCANS
    assert found["rows"]["regions"] and len(found["kills"]) == KILLS
    assert all(kill["cases"] <= SCANS for kill in found["kills"])
