"""The heart's function, on hearts of known size drawn into label maps."""

import numpy as np
import pytest

from mrifoundation import InputError
from mrifoundation.tasks.measure.heart import MUSCLE_DENSITY, heart_function, phase_of
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


def test_a_thinned_part_of_the_wall_is_uneven():
    even, uneven = a_heart(20, 10), a_heart(20, 10)
    i, j = np.meshgrid(np.arange(136), np.arange(100), indexing="ij")
    thinned = (j > 50) & (np.hypot(i - 40, j - 50) > 25)
    uneven[thinned & (uneven[:, :, 0] == 3)] = 0
    size = float(SPACING.prod() / 1000)
    diastole = phase_of(a_heart(24, 9, right=24), SPACING, size)
    flat, rough = (heart_function(diastole, phase_of(labels, SPACING, size)) for labels in (even, uneven))
    assert rough.unevenness > flat.unevenness + 0.2
    assert rough.thickening < flat.thickening


def test_proportions_do_not_depend_on_the_voxel_size():
    labels = a_heart(22, 10, right=24), a_heart(16, 13, right=18)
    found = [
        heart_function(
            *(phase_of(one, SPACING * scale, float((SPACING * scale).prod() / 1000)) for one in labels)
        ).proportions()
        for scale in (1.0, 1.3)
    ]
    for name, value in found[0].items():
        assert found[1][name] == pytest.approx(value, rel=0.03), name


def test_phases_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match="end-diastole first"):
        heart_function(phase(16, 13), phase(22, 10))


def test_a_right_ventricle_that_grows_in_systole_is_not_believed():
    with pytest.raises(InputError, match="cannot be trusted"):
        heart_function(phase(22, 10, right=18), phase(16, 13, right=20))


def test_a_heart_without_a_right_ventricle_is_refused():
    with pytest.raises(InputError, match="Both ventricles"):
        heart_function(phase(22, 10, right=0), phase(16, 13, right=0))


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
