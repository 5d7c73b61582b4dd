"""Each kind of damage does what it says by the amount it says, and scan and labels stay together."""

import json

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation_training.evaluation import spoiling
from mrifoundation_training.evaluation.dropped_sequences import DROPPED, Answer, Left, by_structure, voted
from mrifoundation_training.evaluation.robustness import evaluate

RNG = np.random.default_rng


@pytest.fixture
def scan():
    """A bright block in a dim body; 2 × 2 × 1 mm, and its labels."""
    voxels = np.full((20, 24, 31), 100.0, np.float32)
    labels = np.zeros(voxels.shape, np.int32)
    labels[5:12, 6:14, 8:20] = 3
    voxels[labels == 3] = 400.0
    return Scan(voxels, np.diag([2.0, 2.0, 1.0, 1.0])), labels


def world_centre(mask, affine):
    return affine[:3, :3] @ np.argwhere(mask).mean(0) + affine[:3, 3]


def test_thick_slices_lie_where_the_thin_ones_were_and_come_back_to_them(scan):
    worse = spoiling.thick_slices(*_one_mm(*scan), 4.0, RNG(0))
    assert worse.scan.spacing.tolist() == [1, 1, 4] and worse.reference.shape[2] == 28
    bright = worse.scan.voxels > 250
    assert np.allclose(world_centre(bright, worse.scan.affine), world_centre(worse.reference == 3, np.eye(4)), atol=0.5)
    back = worse.onto_reference(bright.astype(np.uint8)) > 0
    overlap = 2 * (back & (worse.reference == 3)).sum() / (back.sum() + (worse.reference == 3).sum())
    assert overlap > 0.95


def test_slices_are_taken_across_the_largest_spacing(scan):
    scan, labels = scan
    across_first = Scan(scan.voxels, np.diag([3.0, 1.0, 1.0, 1.0]))
    assert spoiling.thick_slices(across_first, labels, 6.0, RNG(0)).scan.shape == (10, 24, 31)


def _one_mm(scan, labels):
    return Scan(scan.voxels, np.eye(4)), labels


def test_noise_and_bias_have_the_size_they_are_said_to_have(scan):
    scan, labels = scan
    noisy = spoiling.noise(scan, labels, 10, RNG(0)).scan.voxels
    assert np.std((noisy - scan.voxels)[labels == 3]) == pytest.approx(30, rel=0.15)
    field = (spoiling.bias(scan, labels, 40, RNG(0)).scan.voxels[labels == 3] - 100) / 300
    everywhere = spoiling.bias(Scan(scan.voxels * 0 + 1, scan.affine, "flat"), labels, 40, RNG(0)).scan.voxels
    assert np.allclose(everywhere, 1), "darkest voxels stay dark"
    assert 0.6 <= field.min() < field.max() <= 1.4


def test_a_cut_field_of_view_keeps_the_middle_in_place(scan):
    scan, labels = scan
    worse = spoiling.cut_field_of_view(scan, labels, 40, RNG(0))
    assert worse.scan.shape == (20, 24, 12) == worse.reference.shape
    assert np.array_equal(worse.scan.voxels > 250, worse.reference == 3)
    first = worse.scan.affine @ [0, 0, 0, 1]
    assert first[2] == pytest.approx(9.0), "mm from the first slice of the whole scan"


def test_missing_slices_are_black_and_not_scored(scan):
    scan, labels = _one_mm(*scan)
    worse = spoiling.missing_slices(scan, labels, 20, RNG(0))
    gone = (worse.reference == -1).all((0, 1))
    assert gone.sum() == 6, "a fifth of 31"
    assert (worse.scan.voxels[..., gone] == 100).all()
    assert np.array_equal(worse.scan.voxels[..., ~gone], scan.voxels[..., ~gone])


@pytest.mark.parametrize("damage", spoiling.DAMAGES, ids=lambda damage: damage.name)
def test_the_first_level_spoils_nothing(damage, scan):
    scan, labels = _one_mm(*scan)
    worse = damage.spoil(scan, labels, damage.levels[0], RNG(0))
    assert np.array_equal(worse.scan.voxels, scan.voxels) and np.array_equal(worse.reference, labels)


@pytest.fixture
def two_sequences(small_data, tmp_path):
    """One person in two sequences under one label map, another in one, and one in two phases that were outlined each."""
    folder, table = small_data.parent, small_data.parent / "table.json"
    one, other = (folder / f"{name}_image.nii.gz" for name in "ab")
    outlined = folder / "a_labels.nii.gz"
    first = nib.load(outlined)
    nib.save(nib.Nifti1Image(np.roll(np.asarray(first.dataobj), 1, axis=0), first.affine), tmp_path / "moved.nii.gz")
    rows = (("p", "study", "T1", one, outlined), ("p", "study", "T2", other, outlined), ("q", "study", "T1", one, outlined),
            ("r", "phases", "T1", one, outlined), ("r", "phases", "T2", other, tmp_path / "moved.nii.gz"))  # fmt: skip
    told = [
        f"{n},{who},{of},abdomen,{kind},{scan},{map_},{table},dev" for n, (who, of, kind, scan, map_) in enumerate(rows)
    ]
    header = "id,subject,source,region,sequence,path,labels_path,label_table,split"
    (tmp_path / "studies.csv").write_text("\n".join([header, *told]) + "\n")
    return tmp_path / "studies.csv"


def test_sequences_of_one_anatomy_are_dropped_one_after_the_other(two_sequences, tiny_weights, tmp_path, own_folders):
    kept = {name: tmp_path / f"curves.{name}" for name in ("json", "md", "png")}
    files = {"output": kept["json"], "table": kept["md"], "plot": kept["png"]}
    assert evaluate(two_sequences, damages=[DROPPED], profile="fast", weights=tiny_weights, **files) == 0
    found = json.loads(kept["json"].read_text())
    assert list(found["curves"]) == ["study"], "phases with labels of their own are no sequences of one anatomy"
    curve = found["curves"]["study"][DROPPED]
    assert [(point["level"], point["subjects"]) for point in curve] == [(0, 1), (1, 1)]
    rows = {(row["structure"], *row["sequences"]): row for row in found["sequences"]["study"]}
    alone, both = (rows["liver", name]["dice"] for name in ("T1", "T2")), rows["liver", "T1", "T2"]
    assert both["best"] == max(alone) and 0 <= both["dice"] <= both["best"]
    assert "| liver | T1, T2 |" in kept["md"].read_text() and kept["png"].read_bytes().startswith(b"\x89PNG")


def test_who_has_two_scans_of_a_sequence_counts_once():
    one, again, other = (Left("liver", ("T1",), 1, dice, dice) for dice in (0.2, 0.4, 0.9))
    (row,) = by_structure({"p": [one, again], "q": [other]})
    assert (row["subjects"], row["dice"], row["best"]) == (2, 0.6, 0.6)


def test_the_surer_one_of_two_answers_wins_and_two_outvote_a_third():
    one, other = np.array([True, True, False]), np.array([False, True, True])
    assert voted([Answer(one, 0.9), Answer(other, 0.6)]).tolist() == one.tolist()
    third = voted([Answer(one, 0.5), Answer(other, 0.6), Answer(other, 0.4)])
    assert third.tolist() == other.tolist()


def test_a_damage_that_there_is_not_is_named(small_data, tiny_weights):
    with pytest.raises(InputError, match="no damage rust; there are slice thickness"):
        evaluate(small_data, damages=["rust"], weights=tiny_weights)


def test_nothing_known_is_nothing_scored(small_data, tiny_weights, tmp_path):
    (tmp_path / "table.json").write_text('{"1": "what nobody knows"}')
    image, labels = (small_data.parent / f"c_{kind}.nii.gz" for kind in ("image", "labels"))
    (tmp_path / "one.csv").write_text(f"path,labels_path,label_table,split\n{image},{labels},table.json,dev\n")
    assert evaluate(tmp_path / "one.csv", damages=["noise"], profile="fast", weights=tiny_weights) == 1


def test_curves_are_printed_kept_and_drawn(small_data, tiny_weights, tmp_path, capsys, own_folders):
    code = evaluate(
        small_data, profile="fast", output=tmp_path / "curves.json", plot=tmp_path / "curves.png", weights=tiny_weights
    )
    assert code == 0
    assert "slice thickness" in capsys.readouterr().out
    curves = json.loads((tmp_path / "curves.json").read_text())["curves"]["bodies"]
    assert [point["level"] for point in curves["noise"]] == [0, 3, 6, 10, 15]
    assert all(0 <= point["dice"] <= 1 for point in curves["bias field"])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
