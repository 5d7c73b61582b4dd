"""Where the cases of heads come from: manifests, ACDC's own folders, the OASIS table, slabs of sarcoma scans."""

import csv
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.calibration import Calibration
from mrifoundation_training.data.manifest import Case, read_manifest
from mrifoundation_training.heads import dementia, lesions, oasis
from mrifoundation_training.heads.agreement import bland_altman, compare, same_person
from mrifoundation_training.heads.cardiac import acdc_examples, cardiac_examples
from mrifoundation_training.heads.measurement_error import prediction_limits
from mrifoundation_training.heads.picai import CANCER, NO_CANCER, manifest_examples, picai_examples
from mrifoundation_training.heads.recipe import training_examples


def a_case(name, **known):
    shared = {"subject": name, "source": "made", "region": "brain", "image": None, "labels": None, "table": {}}
    return Case(name, **shared | known)


def write(path, array, spacing=(1.0, 1.0, 1.0)):
    nib.save(nib.Nifti1Image(array, np.diag([*spacing, 1.0])), path)
    return path


@pytest.fixture
def acdc_folder(tmp_path):
    """Two patients as ACDC lays them out."""
    for name, group, systole in (("patient001", "DCM", 12), ("patient061", "NOR", 9)):
        folder = tmp_path / "training" / name
        folder.mkdir(parents=True)
        (folder / "Info.cfg").write_text(
            f"ED: 1\nES: {systole}\nGroup: {group}\nHeight: 170.0\nNbFrame: 30\nWeight: 80.0\n"
        )
        for frame in (1, systole):
            write(folder / f"{name}_frame{frame:02d}.nii.gz", np.full((6, 5, 4), frame, np.int16), (1.4, 1.4, 10.0))
    return tmp_path


def test_acdc_is_read_as_it_is_laid_out(acdc_folder):
    first, second = acdc_examples(acdc_folder)
    assert (first.patient, first.label) == ("patient001", "dilated cardiomyopathy") and second.label == "normal"
    diastole, systole = first.read()
    assert diastole.voxels.max() == 1 and systole.voxels.max() == 12
    assert diastole.spacing == pytest.approx([1.4, 1.4, 10.0])


def test_acdc_without_a_frame_or_in_another_layout_is_refused(acdc_folder, tmp_path):
    next(acdc_folder.glob("**/patient001_frame12*")).unlink()
    with pytest.raises(InputError, match="no frame 12"):
        acdc_examples(acdc_folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"Info\.cfg"):
        acdc_examples(tmp_path / "empty")


def test_picai_is_read_as_it_is_laid_out(tmp_path):
    import SimpleITK as sitk

    rows = [("10000", "1000000", "NO"), ("10001", "1000001", "YES"), ("10002", "1000002", "YES")]
    for patient, study, _ in rows[:2]:
        folder = tmp_path / "images" / patient
        folder.mkdir(parents=True)
        sitk.WriteImage(
            sitk.GetImageFromArray(np.ones((3, 4, 5), np.int16)), str(folder / f"{patient}_{study}_t2w.mha")
        )
    sheet = tmp_path / "clinical_information" / "marksheet.csv"
    sheet.parent.mkdir()
    with open(sheet, "w", newline="") as file:
        csv.writer(file).writerows([("patient_id", "study_id", "case_csPCa"), *rows])
    found = picai_examples(tmp_path)
    assert [(one.patient, one.label) for one in found] == [("10000", NO_CANCER), ("10001", CANCER)]
    assert found[0].read()[0].shape == (5, 4, 3)
    with pytest.raises(InputError, match="laid out as PI-CAI"):
        picai_examples(sheet.parent)


def test_the_prostate_study_of_the_pack_is_a_development_case(data_pack):
    (study,) = manifest_examples(read_manifest(data_pack / "volumes.csv"))
    assert study.label == CANCER and study.split == "dev" and study.read()[0].voxels.size


def test_pairs_of_a_manifest_become_one_patient_each(tmp_path):
    path = write(tmp_path / "a.nii.gz", np.ones((4, 4, 4), np.int16))
    known = {"region": "heart", "image": path, "diagnosis": "healthy", "tier": "research"}
    cases = [a_case(f"h1_{p}", **known | {"subject": "h1"}) for p in ("ED", "ES")]
    cases += [
        a_case("h2_ED", **known | {"subject": "h2"}),
        a_case("x_ED", **known | {"subject": "x", "diagnosis": "unknown"}),
    ]
    (only,) = cardiac_examples(cases)
    assert only.patient == "h1" and only.label == "normal" and only.tier == "research"


def test_heads_are_never_fitted_to_development_or_evaluation_only_cases(tmp_path):
    path = write(tmp_path / "a.nii.gz", np.ones((4, 4, 4), np.int16))
    terms = [("train", "open"), ("train", "research"), ("train", "eval-only"), ("dev", "open")]
    cases = [a_case(f"{split}-{tier}", image=path, diagnosis="glioma", split=split, tier=tier) for split, tier in terms]
    kept = {example.id for example in training_examples(lesions.tumour_examples(cases))}
    assert kept == {"train-open", "train-research"}


def test_sarcoma_slabs_are_equally_thick_and_one_is_free_of_tumour(tmp_path):
    image, labels = np.zeros((8, 8, 40), np.int16), np.zeros((8, 8, 40), np.uint8)
    image[:] = np.arange(40)
    labels[3:5, 3:5, 8:20] = 1
    known = {
        "source": "sarcoma", "region": "extremity", "image": write(tmp_path / "i.nii.gz", image, (1, 1, 3)),
        "labels": write(tmp_path / "l.nii.gz", labels, (1, 1, 3)),
    }  # fmt: skip
    through, beyond = (example.read()[0] for example in lesions.sarcoma_examples([a_case("s", **known)]))
    assert through.shape == beyond.shape
    assert set(np.unique(beyond.voxels)).isdisjoint(range(8, 20))
    assert set(np.unique(through.voxels)) & set(range(8, 20))
    assert beyond.affine[2, 3] == pytest.approx(3 * beyond.voxels.min())


@pytest.fixture
def oasis_table(tmp_path):
    """Sixty people: dementia shrinks the brain; some seen twice, the young not rated."""
    random, rows = np.random.default_rng(0), []
    for n in range(60):
        age, ill = (25 if n < 20 else 62 + n % 25), n >= 20 and n % 2
        nwbv = 0.86 - 0.002 * max(0, age - 25) - 0.03 * ill + random.normal(0, 0.01)
        rows.append((f"OAS1_{n:04d}_MR1", "FM"[n % 3 == 0], age, "" if n < 20 else 0.5 * ill, 1500, round(nwbv, 3)))
    rows.append(("OAS1_0021_MR2", "F", 63, 0.5, 1500, 0.7))
    path = tmp_path / "oasis.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("ID", "M/F", "Age", "CDR", "eTIV", "nWBV"), *rows])
    return path


def test_only_rated_people_over_sixty_and_first_visits_are_cases(oasis_table):
    people = oasis.read_people(oasis_table)
    assert len(people) == 60
    cases = oasis.dementia_cases(people)
    assert len(cases) == 40 and len(set(cases.patients)) == 40 and cases.values[:, 0].min() > 60
    assert set(cases.labels) == set(oasis.CLASSES)
    fewer = oasis.read_people(oasis_table, but=frozenset({"OAS1_0030_MR1"}))
    assert "OAS1_0030_MR1" not in {person.id for person in fewer}


def test_the_ill_can_be_narrowed_and_an_untold_education_is_the_median(oasis_table):
    people = oasis.read_people(oasis_table)
    assert set(oasis.dementia_cases(people, lambda cdr: cdr >= 1).labels) == {oasis.CLASSES[0]}
    told = [replace(one, education=4.0 if n % 2 else None) for n, one in enumerate(people)]
    cases = oasis.with_education(oasis.dementia_cases(told), told)
    assert cases.names[-2:] == ("education", "eTIV") and set(cases.values[:, -2]) == {4.0}


def test_no_head_reads_the_test_of_dementia_itself():
    assert "MMSE" not in oasis.NAMES and not hasattr(oasis.Person, "mmse")


def test_the_norm_follows_age_and_its_percentiles_spread_evenly(oasis_table):
    people = oasis.read_people(oasis_table)
    norm = oasis.nwbv_norm(people)
    assert norm.mean(80, "F") < norm.mean(30, "F") - 0.08
    healthy = [p for p in people if p.cdr in (0, None)]
    places = [norm.percentile(p.nwbv, p.age, p.sex) for p in healthy]
    assert 40 < np.mean(places) < 60 and min(places) < 20 and max(places) > 80


def test_agreement_is_told_with_bias_and_limits(oasis_table, tmp_path):
    people = {person.id: person for person in oasis.read_people(oasis_table)}
    assert same_person(a_case("oasis-0040", source="oasis"), people) is people["OAS1_0040_MR1"]
    assert same_person(a_case("oasis-0040", source="other"), people) is None
    random = np.random.default_rng(0)
    pairs = [
        ({"nWBV": p.nwbv + 0.02 + random.normal(0, 0.005), "intracranial_ml": p.etiv + random.normal(0, 30)}, p)
        for p in list(people.values())[:30]
    ]
    found, _ = compare(pairs)
    assert found.r > 0.9 and found.bias == pytest.approx(0.02, abs=0.004) and found.low < found.bias < found.high
    bland_altman(tmp_path / "plot.png", found)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert compare(pairs[:2]) == []


def test_the_limits_of_few_people_hold_the_next_one_with_nineteen_in_twenty():
    random, held = np.random.default_rng(3), []
    for _ in range(2000):
        drawn = random.normal(0.04, 0.02, 9)
        mean, low, high = prediction_limits(drawn[:8])
        assert low < mean < high
        held.append(low <= drawn[8] <= high)
    assert 0.935 < np.mean(held) < 0.965, "1.96 standard deviations hold nine in ten"


def test_the_card_holds_what_our_measurement_stands_for(oasis_table):
    people = oasis.read_people(oasis_table)
    pairs = [
        ({"nWBV": 0.57 + 0.36 * p.nwbv, "intracranial_ml": p.etiv + n - 100}, p) for n, p in enumerate(people[:30])
    ]
    found = compare(pairs)
    known = Calibration(**dementia.calibrated(found)["calibration"]["nWBV"])
    assert known.value(0.57 + 0.36 * 0.70) == pytest.approx(0.70) and known.people == 30
    (error,) = dementia.errors(found).values()
    assert error["low"] < error["bias"] < error["high"] < 0
    assert "30 OASIS scans" in dementia.limit(found)
    assert dementia.calibrated([]) == dementia.errors([]) == {} and "never compared" in dementia.limit([])
