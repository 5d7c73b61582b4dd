"""The readers of marks are fitted to clicks on a scan made here, and read what they were shown."""

import csv
import json

import nibabel as nib
import numpy as np
import pytest
from safetensors.numpy import save_file

from mrifoundation import Engine, Scan
from mrifoundation.engine.refinement import Mark, Refiner
from mrifoundation.engine.refinement.clues import SIDE
from mrifoundation.engine.refinement.reader import FOLDER, Reader, Readers, shipped
from mrifoundation_training.clicks.__main__ import KINDS, fitted
from mrifoundation_training.clicks.recording import recorded
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.overlap import dice

SHAPE, MIDDLE, RADIUS = (36, 32, 28), (16, 15, 14), 8


def ball(middle=MIDDLE, radius=RADIUS):
    return np.linalg.norm(np.indices(SHAPE).transpose(1, 2, 3, 0) - middle, axis=-1) <= radius


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A labelled training row: a bright ball, which no weights know by name."""
    folder = tmp_path_factory.mktemp("clicks")
    voxels = np.random.default_rng(0).normal(100, 6, SHAPE) + 120 * ball()
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    nib.save(nib.Nifti1Image(voxels.astype(np.float32), affine), folder / "image.nii.gz")
    nib.save(nib.Nifti1Image(ball().astype(np.uint8), affine), folder / "labels.nii.gz")
    (folder / "table.json").write_text(json.dumps({"0": "", "1": "bright ball"}))
    row = {
        "id": "made-1",
        "subject": "made-1",
        "source": "made",
        "region": "abdomen",
        "sequence": "T1",
        "kind": "image",
    }
    row |= {"path": "image.nii.gz", "labels_path": "labels.nii.gz", "label_table": "table.json", "split": "train"}
    with open(folder / "volumes.csv", "w", newline="") as file:
        rows = csv.DictWriter(file, [*row, "tier", "caption", "age", "sex", "diagnosis"])
        rows.writeheader()
        rows.writerow(row | {"tier": "open"})
    [found] = read_manifest(folder / "volumes.csv")
    return found


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights, "cpu")


def test_every_click_becomes_an_example_of_what_is_right_around_it(engine, case):
    examples = list(recorded(engine, case, None, clicks=4, seed=0))
    assert examples[0].reader == "draw" and all(one.source == "made" for one in examples)
    for one in examples:
        assert one.clues.shape == (len(one.right), shipped().draw.mean.size) and np.isfinite(one.clues).all()
        assert 0 < one.right.mean() < 1 and set(np.unique(one.clues[:, SIDE])) <= {-1.0, 1.0}
    again = list(recorded(engine, case, None, clicks=4, seed=0))
    assert all(np.array_equal(one.clues, other.clues) for one, other in zip(examples, again, strict=True))


def test_fitted_readers_draw_what_they_were_shown_and_can_be_kept(engine, case, tmp_path):
    readers = fitted(engine, [case] * 6, clicks=4, rounds=1, seed=0)
    for kind in KINDS:
        save_file(getattr(readers, kind).arrays(), tmp_path / f"{kind}.safetensors")
    kept = Readers(*(Reader.load(tmp_path / f"{kind}.safetensors") for kind in KINDS))
    scan = Scan(nib.load(case.image).get_fdata(dtype=np.float32), np.diag([2.0, 2.0, 2.0, 1.0]))
    masks = []
    for one in (readers, kept):
        change, _ = Refiner(engine.encode(scan, "fast"), scan, None, one).change(
            np.zeros(SHAPE, bool), [], Mark("point", (MIDDLE,), space="index"), drawn=True
        )
        masks.append(np.zeros(SHAPE, bool))
        masks[-1][change.box] = change.after
    assert dice(masks[0], ball()) > 0.85
    np.testing.assert_array_equal(*masks)


def test_the_shipped_readers_are_small_and_know_their_clues():
    for kind in KINDS:
        path = FOLDER / f"{kind}.safetensors"
        reader = Reader.load(path)
        assert path.stat().st_size < 20_000 and reader.layers[0][0].shape[0] == reader.mean.size == reader.spread.size
        assert all(np.isfinite(values).all() for values in reader.arrays().values())
