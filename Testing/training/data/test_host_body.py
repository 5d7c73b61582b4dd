"""A prostate in the body of somebody else: what a CT leaves without a label gets a tissue, and the organ gets its place."""

import dataclasses

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.data.ct_tissues import completed
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.host_body import ABOVE_MM, BELOW_MM, SPACING_MM, HostBody
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.volumes import CaseVolume, load_case
from mrifoundation_training.synthesis.geometry import GeometryRanges

GAS, FAT, MUSCLE, BONE = -900, -100, 50, 700
HOST = {1: "prostate", 2: "urinary bladder"}
ZONES = {1: "prostate peripheral zone", 2: "prostate transition zone"}


@pytest.fixture
def abdomen():
    """A pelvis of 3 mm voxels on a table: muscle in fat with a bone and gas inside, a bladder above the end of a prostate."""
    image = np.full((60, 50, 45), -1000.0, np.float32)
    image[5:55, 8:45] = FAT
    image[10:50, 12:40] = MUSCLE
    image[12:16, 20:30] = BONE
    image[40:44, 14:18, 10:20] = GAS
    image[:, 2:4] = MUSCLE  # the table
    labels = np.zeros(image.shape, np.uint8)
    labels[26:34, 20:28, :5] = 1
    labels[24:36, 22:34, 5:20] = 2
    case = Case("ct", "ct", "ct", "abdomen", None, None, HOST, sequence="CT")
    return CaseVolume(case, labels, ("", *HOST.values()), image, np.full(3, 3.0))


@pytest.fixture
def prostate():
    """40 × 30 × 36 mm in thick slices: the transition zone in front of the peripheral one."""
    labels = np.zeros((80, 80, 14), np.uint8)
    labels[20:60, 20:35, 2:11] = 1
    labels[20:60, 35:50, 2:11] = 2
    case = Case("man", "man", "men", "prostate", None, None, ZONES)
    return CaseVolume(case, labels, ("", *ZONES.values()), None, np.array([1.0, 1.0, 4.0]))


def test_all_of_the_body_gets_a_name_and_nothing_of_the_table(abdomen):
    whole = completed(abdomen)
    named = np.array(whole.names)[whole.labels]
    assert named[7, 10, 30] == "fat" and named[20, 35, 30] == "muscle"
    assert named[14, 25, 30] == "cortical bone" and named[42, 16, 15] == "gas"
    assert named[30, 25, 2] == "prostate" and (named[:, :6] == "").all() and named[2, 25, 25] == ""


def test_a_scan_that_is_no_ct_is_refused_in_words(abdomen):
    mri = dataclasses.replace(abdomen, case=dataclasses.replace(abdomen.case, sequence="T2"))
    with pytest.raises(InputError, match="'ct' is no CT"):
        completed(mri)


def test_an_organ_hangs_from_where_the_host_has_its_own(abdomen, prostate):
    man = HostBody.of(completed(abdomen), "prostate").holding(prostate)
    zones = np.isin(man.labels, [man.names.index(name) for name in ZONES.values()])
    where = np.argwhere(zones) * SPACING_MM
    lowest = 15 - BELOW_MM  # the host's prostate ends at 15 mm, and its slices go on below it
    top = 15 - lowest
    assert where.max(0)[2] == pytest.approx(top, abs=2 * SPACING_MM)
    assert (where.max(0) - where.min(0)) == pytest.approx([40, 30, 36], abs=2 * SPACING_MM)
    assert where.mean(0)[:2] == pytest.approx([90, 72], abs=3)  # the middle of the host's own, mm
    assert zones.sum() * SPACING_MM**3 == pytest.approx(40 * 30 * 36, rel=0.1)
    transition = np.argwhere(man.labels == man.names.index("prostate transition zone"))
    peripheral = np.argwhere(man.labels == man.names.index("prostate peripheral zone"))
    assert transition[:, 1].min() >= peripheral[:, 1].max()  # in front of it, as before
    assert man.labels.shape[2] * SPACING_MM == pytest.approx(min(BELOW_MM + ABOVE_MM, BELOW_MM - 15 + 135), abs=6)


def test_what_the_host_shows_may_be_asked_of_it_and_its_own_organ_is_gone(abdomen, prostate):
    man = HostBody.of(completed(abdomen), "prostate").holding(prostate)
    assert set(man.case.table.values()) == {"urinary bladder", *ZONES.values()}
    assert "prostate" not in man.names and (man.labels == man.names.index("urinary bladder")).any()
    assert man.about == tuple(ZONES.values()) and man.case.region == "prostate"


def test_people_hold_different_amounts_in_their_bladder_and_each_always_the_same(abdomen, prostate):
    body = HostBody.of(completed(abdomen), "prostate")
    held = []
    for name in ("anna", "bert", "carl", "carl"):
        man = body.holding(dataclasses.replace(prostate, case=dataclasses.replace(prostate.case, id=name)))
        held.append((man.labels == man.names.index("urinary bladder")).sum())
    assert len(set(held[:3])) == 3 and held[2] == held[3] > 0


def test_a_host_without_the_place_is_refused_in_words(abdomen):
    with pytest.raises(InputError, match="'ct' has no 'uterus' in view"):
        HostBody.of(completed(abdomen), "uterus")


@pytest.fixture
def files(abdomen, prostate, tmp_path):
    """Both as cases of a manifest."""
    cases = []
    for volume in (abdomen, prostate):
        affine, paths = np.diag([*volume.spacing, 1]), {}
        for kind, array in (("image", volume.image), ("labels", volume.labels)):
            if array is not None:
                paths[kind] = tmp_path / f"{volume.case.id}-{kind}.nii"
                nib.save(nib.Nifti1Image(array, affine), paths[kind])
        cases.append(dataclasses.replace(volume.case, **paths))
    return cases


def test_examples_are_drawn_around_the_organ_with_the_hosts_surroundings(files):
    recipe = {"men": SourceRecipe(1.0, margin_mm=60.0, host="ct", place="prostate", hosted=1.0)}
    examples = Examples(files, recipe, GeometryRanges(partial=0.0))
    for draw in range(4):
        asked = examples[draw].askable
        seen = {name for name, absent in zip(asked.names, asked.absent, strict=True) if not absent}
        assert {"prostate", "urinary bladder", *ZONES.values()} <= seen
        assert "brain" in asked.names and asked.absent[asked.names.index("brain")]


def test_a_host_that_the_manifest_lacks_is_named(files):
    recipe = {"men": SourceRecipe(1.0, host="somebody", place="prostate", hosted=1.0)}
    with pytest.raises(InputError, match="'somebody', which the manifest does not list"):
        Examples(files, recipe, GeometryRanges())[0]


def test_the_tissues_of_a_real_ct_are_where_they_belong(data_pack):
    case = next(case for case in read_manifest(data_pack / "volumes.csv") if case.id == "totalseg-ct")
    whole = completed(load_case(case))
    fat, muscle = (whole.labels == whole.names.index(name) for name in ("fat", "muscle"))
    litres = [mask.sum() * whole.spacing.prod() / 1e6 for mask in (fat, muscle)]
    assert 2 < litres[0] < 25 and 1 < litres[1] < 15
    for x in (slice(0, 6), slice(-6, None)):
        assert (whole.labels[x, -6:] == 0).all()  # air before both flanks
