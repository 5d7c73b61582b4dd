"""The heart's function, on hearts of known size drawn into label maps."""

import numpy as np
import pytest

from mrifoundation import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.heart_facts import ejection_caution, heart_evidence
from mrifoundation.tasks.measure.heart import MUSCLE_DENSITY, heart_function, phase_of
from mrifoundation.tasks.measure.heart_proportions import heart_proportions
from mrifoundation.tasks.measure.wall_thickness import wall_of

SPACING = np.array([1.0, 1.0, 8.0])


def a_heart(radius, wall, right=20.0, slices=6, shape=(136, 100)):
    """Round left ventricle of `radius` mm with a wall of `wall` mm beside a round right one, on `slices` slices; 1 mm in plane."""
    i, j = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    left, beside = np.hypot(i - 40, j - 50), np.hypot(i - 104, j - 50)
    plane = np.zeros(shape, np.uint8)
    plane[beside < right] = 2
    plane[left < radius + wall] = 3
    plane[left < radius] = 1
    return np.repeat(plane[:, :, None], slices, axis=2)


def phase(*args, **options):
    """The phase of a drawn heart."""
    return phase_of(a_heart(*args, **options), SPACING, float(SPACING.prod() / 1000))


def test_ejection_fraction_and_volumes_are_those_of_the_drawn_heart():
    found = heart_function(phase(22, 10, right=24), phase(16, 13, right=18))
    assert found.left_ejection == pytest.approx(1 - (16 / 22) ** 2, abs=0.01)
    assert found.right_ejection == pytest.approx(1 - (18 / 24) ** 2, abs=0.01)
    assert found.left_edv_ml == pytest.approx(np.pi * 22**2 * 48 / 1000, rel=0.01)
    assert found.mass_g == pytest.approx(MUSCLE_DENSITY * np.pi * (32**2 - 22**2) * 48 / 1000, rel=0.01)


@pytest.mark.parametrize("wall", [6.0, 10.0, 17.0])
def test_wall_thickness_is_that_of_the_drawn_wall(wall):
    labels = a_heart(20, wall)
    found = wall_of(labels == 1, labels == 3, SPACING)
    assert len(found.radius) == 6
    assert np.nanmean(found.thickness) == pytest.approx(wall, abs=0.3)
    assert found.radius.mean() == pytest.approx(20, abs=0.1)


def proportions(first, second, spacing=SPACING):
    return heart_proportions(first, second, spacing)


def test_a_part_of_the_wall_that_neither_moves_nor_thickens_is_told():
    diastole, even = a_heart(24, 8, right=24), a_heart(16, 13, right=18)
    i, j = np.meshgrid(np.arange(136), np.arange(100), indexing="ij")
    stiff = even.copy()  # a third of the wall stays as it was at end-diastole
    still = np.abs(np.arctan2(j - 50, i - 40)) > np.pi * 2 / 3
    stiff[still] = diastole[still]
    flat, rough = (proportions(diastole, systole) for systole in (even, stiff))
    for name in ("least motion of the wall", "least thickening of the wall"):
        assert rough[name] < flat[name] - 0.15, name
    assert flat["left ejection"] == pytest.approx(1 - (16 / 24) ** 2, abs=0.01)


def test_a_wall_that_is_thick_in_one_place_is_told():
    i, j = np.meshgrid(np.arange(136), np.arange(100), indexing="ij")
    diastole, systole = a_heart(22, 9, right=24), a_heart(15, 13, right=18)
    thick = diastole.copy()
    bulge = (np.hypot(i - 40, j - 50) < 22 + 20) & (np.hypot(i - 40, j - 50) >= 22) & (j > 50)
    thick[bulge] = 3
    name = "log thickest sector to radius"
    assert proportions(thick, systole)[name] > proportions(diastole, systole)[name] + 0.5


def test_proportions_do_not_depend_on_the_voxel_size():
    labels = a_heart(22, 10, right=24), a_heart(16, 13, right=18)
    found = [proportions(*labels, SPACING * scale) for scale in (1.0, 1.3)]
    for name, value in found[0].items():
        assert found[1][name] == pytest.approx(value, abs=0.03), name


def test_a_basal_slice_without_a_partner_and_a_piece_far_off_change_no_proportion():
    labels = a_heart(22, 10, right=24), a_heart(16, 13, right=18)
    plain = proportions(*labels)
    spoiled = [one.copy() for one in labels]
    spoiled[1][:, :, 5] = 0  # at end-systole the base has left its slice
    spoiled[0][0:6, 0:6, 0] = 2
    for name, value in proportions(*spoiled).items():
        assert value == pytest.approx(plain[name], abs=1e-6), name


def test_phases_of_different_slices_are_refused():
    with pytest.raises(InputError, match="same slices"):
        proportions(a_heart(22, 10), a_heart(16, 13, slices=5))


def test_phases_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match="end-diastole first"):
        heart_function(phase(16, 13), phase(22, 10))


def test_no_right_ejection_fraction_is_told_of_a_right_ventricle_that_grows_in_systole():
    found = heart_function(phase(22, 10, right=18), phase(16, 13, right=20))
    assert found.right_ejection is None
    told = heart_evidence(found, HeadCard("heart", "Heart", "", ()))
    assert "right ejection fraction" not in {fact.what for fact in told}
    assert any("Right ejection fraction: not told" in fact.sentence for fact in told)


def test_the_known_error_of_a_measurement_stands_beside_it():
    card = HeadCard(
        "heart",
        "Heart",
        "",
        (),
        figures={"measurements": {"left ejection fraction": {"low": -16.2, "high": 3.1, "people": 10}}},
    )
    told = heart_evidence(heart_function(phase(22, 10, right=24), phase(16, 13, right=18)), card)[0]
    assert told.sentence.startswith("Left ejection fraction: 48 % (usual: over about 50 %).")
    assert told.sentence.endswith("Off experts' outlines by -16 points to +3 points (95 %, 10 development hearts).")


def test_a_heart_without_a_right_ventricle_is_refused():
    with pytest.raises(InputError, match="Both ventricles"):
        heart_function(phase(22, 10, right=0), phase(16, 13, right=0))


def test_a_right_ventricle_that_is_missing_at_end_diastole_gives_no_proportion():
    with pytest.raises(InputError, match="right ventricle is not seen at end-diastole"):
        proportions(a_heart(22, 10, right=0), a_heart(16, 13, right=18))


def test_an_answer_that_rests_on_a_chamber_that_grows_in_systole_is_cautioned():
    grown = proportions(a_heart(22, 10, right=18), a_heart(16, 13, right=20))
    assert grown["right ejection"] < 0 and "right ventricle was segmented larger" in ejection_caution(grown)
    assert ejection_caution(proportions(a_heart(22, 10, right=24), a_heart(16, 13, right=18))) == ""


def test_a_long_axis_without_any_ring_is_refused():
    labels = a_heart(22, 10, right=24)
    labels[:, :50][labels[:, :50] == 3] = 0
    size = float(SPACING.prod() / 1000)
    open_ring = phase_of(labels, SPACING, size)
    with pytest.raises(InputError, match="whole ring"):
        heart_function(open_ring, phase(16, 13))


def test_ejection_fractions_of_the_reference_labels_tell_dilated_from_normal_hearts(data_pack):
    """The measurement alone, on labels drawn by experts: the groups are apart as cardiologists define them."""
    import nibabel as nib

    from mrifoundation.tasks.measure.heart import STRUCTURES
    from mrifoundation_training.data.manifest import read_manifest

    pairs: dict = {}
    for case in read_manifest(data_pack / "volumes.csv"):
        if case.source == "acdc" and case.split == "train" and case.diagnosis in ("healthy", "dilated cardiomyopathy"):
            pairs.setdefault((case.diagnosis, case.subject), {})[case.id[-2:]] = case
    ejection: dict = {}
    for (diagnosis, _), phases in sorted(pairs.items())[:4] + sorted(pairs.items())[-4:]:
        measured = []
        for name in ("ED", "ES"):
            file = nib.load(phases[name].labels)
            values = {label: value for value, label in phases[name].table.items()}
            stored, labels = np.asarray(file.dataobj), np.zeros(file.shape, np.uint8)
            for number, structure in enumerate(STRUCTURES, start=1):
                labels[stored == values[structure]] = number
            spacing = np.array(file.header.get_zooms()[:3], float)
            measured.append(phase_of(labels, spacing, float(spacing.prod() / 1000)))
        ejection.setdefault(diagnosis, []).append(heart_function(*measured).left_ejection)
    assert max(ejection["dilated cardiomyopathy"]) < 0.45 < min(ejection["healthy"])
