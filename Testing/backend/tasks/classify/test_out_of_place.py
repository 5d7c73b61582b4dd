"""What is no input for a shipped head, asked all the same: never a probability, always the reason."""

import numpy as np
import pytest
from pack_scans import scans

from mrifoundation import Engine, InputError, Scan, read_scan
from mrifoundation.tasks.classify.classify import classify
from mrifoundation.tasks.classify.head import load_head
from mrifoundation.tasks.classify.head_files import SHIPPED
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.classify.zero_shot import zero_shot

HEADS = sorted(path.stem for path in SHIPPED.glob("*.json"))
OF_A_REGION = [name for name in HEADS if load_head(SHIPPED / f"{name}.json").card.regions]


@pytest.fixture(scope="module")
def engine(own_folders):
    """The shipped weights, which the shipped heads were fitted to."""
    return Engine.load()


def asked(engine, head, *scans):
    """The answer about these series of a person of 72; a head that wants more series gets the last one again."""
    found = load_head(SHIPPED / f"{head}.json")
    series = [*scans, *scans[-1:] * (len(found.card.inputs) - len(scans))]
    return classify(Study.encode(engine, series, "fast", age=72, sex="F"), found)


def assert_refused(answer, *reasons):
    assert not answer.applicable and answer.probabilities == {} and answer.intervals == {}
    assert any(reason in answer.reason for reason in reasons), answer.reason


@pytest.mark.parametrize("head", HEADS)
def test_noise(engine, head):
    noise = np.random.default_rng(0).normal(200, 50, (64, 64, 48)).clip(0).astype(np.float32)
    assert_refused(asked(engine, head, Scan(noise, np.diag([3.0, 3, 3, 1]), "noise")), "looks like noise")


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("value", [0, 7])
def test_an_empty_volume(engine, head, value):
    empty = Scan(np.full((48, 48, 40), value, np.float32), np.diag([4.0, 4, 4, 1]), "empty")
    assert_refused(asked(engine, head, empty), "the same everywhere")


@pytest.mark.parametrize("head", HEADS)
def test_a_crumb_of_a_scan(engine, head, head_voxels):
    crumb = Scan(head_voxels[10:16, 10:16, 10:16].astype(np.float32), np.diag([2.0, 2, 2, 1]), "crumb")
    assert_refused(asked(engine, head, crumb), "mm large")


@pytest.mark.parametrize("head", OF_A_REGION)
def test_a_knee(engine, head, data_pack):
    """Words and landmarks of the fourth weights both take this knee for a brain; what is measured in it then gives it away."""
    knee = read_scan(scans(data_pack, region="knee", sequence="PD", kind="image")[0])
    reasons = ("is meant for scans of", "field of view", "no adult's whole head", "unlike")
    assert_refused(asked(engine, head, knee), *reasons, "not in the order of a T1-weighted scan")


def test_a_single_cine_phase(engine, data_pack):
    """Once, and twice in place of the second phase."""
    phase = read_scan(scans(data_pack, source="acdc", split="dev")[0])
    head = load_head(SHIPPED / "cardiac-disease.json")
    assert_refused(classify(Study.encode(engine, [phase], "fast"), head), "needs 2 series")
    assert_refused(asked(engine, "cardiac-disease", phase), "not larger in the first series")


def test_two_phases_of_different_hearts(engine, data_pack):
    paths = scans(data_pack, source="acdc", split="dev")
    first = read_scan(paths[0])
    other = next(scan for path in paths[2:] if (scan := read_scan(path)).shape != first.shape)
    assert_refused(asked(engine, "cardiac-disease", first, other), "not on the same slices")


@pytest.mark.parametrize("head", [name for name in OF_A_REGION if name != "cardiac-disease"])
def test_a_skull_stripped_crop(engine, head, data_pack):
    """A block of 60 mm out of the middle of a brain."""
    whole = read_scan(scans(data_pack, source="oasis", kind="image")[0])
    middle = np.argwhere(whole.voxels > 0).mean(axis=0).astype(int)
    half = np.rint(30 / whole.spacing).astype(int)
    box = tuple(slice(m - h, m + h) for m, h in zip(middle, half, strict=True))
    crop = Scan(np.ascontiguousarray(whole.voxels[box]), np.diag([*whole.spacing, 1.0]), "crop")
    assert_refused(asked(engine, head, crop), "field of view", "whole head", "whole brain", "meant for scans", "unlike")


@pytest.mark.parametrize("kind", ["noise", "empty"])
def test_a_sentence_about_what_is_no_scan(engine, kind):
    if not engine.reads_text:
        pytest.skip("needs weights that read words: the shipped ones do not")
    voxels = np.random.default_rng(0).normal(size=(48, 48, 40)) if kind == "noise" else np.zeros((48, 48, 40))
    scan = Scan(voxels.astype(np.float32), np.diag([4.0, 4, 4, 1]), kind)
    answer = zero_shot(engine, engine.encode(scan, "fast"), "brain with a tumor", "brain without a tumor", scan)
    assert_refused(answer, "noise", "same everywhere")


def test_a_head_of_other_weights_gives_no_number(tiny_weights, head_file):
    engine = Engine.load(tiny_weights)
    fitted = [name for name in HEADS if load_head(SHIPPED / f"{name}.json").card.model_id]
    for name in fitted:
        assert_refused(asked(engine, name, read_scan(head_file)), "other weights")


def test_a_scan_that_cannot_be_read_is_one_plain_sentence(tmp_path):
    (tmp_path / "broken.nii.gz").write_bytes(b"no scan")
    with pytest.raises(InputError):
        read_scan(tmp_path / "broken.nii.gz")
