"""A scan goes onto the working grid and everything on that grid comes back exactly where it was."""

import itertools

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume.adapt import STRIDE, adapt, adapt_to_budget
from mrifoundation.volume.resample import resample
from mrifoundation.volume.scan import Scan

ORIENTATIONS = [
    "".join(code) for axes in itertools.permutations(("RL", "AP", "SI")) for code in itertools.product(*axes)
]


def a_body(shape=(60, 72, 54), spacing=1.5):
    """A bright ellipsoid body with two organs in it, and their labels, in RAS order."""
    axes = [np.linspace(-1, 1, n) for n in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    body = (x**2 + y**2 + z**2) < 0.85
    labels = np.zeros(shape, np.uint8)
    labels[(x - 0.35) ** 2 + (y + 0.1) ** 2 + z**2 < 0.06] = 1
    labels[(x + 0.3) ** 2 + (y - 0.3) ** 2 + (z - 0.2) ** 2 < 0.09] = 2
    image = 100.0 * body + 60.0 * (labels == 1) - 40.0 * (labels == 2)
    return image.astype(np.float32), labels, np.diag([spacing, spacing, spacing, 1.0])


def oriented(image, labels, affine, code):
    """The same anatomy stored with array axes `code`."""
    transform = nib.orientations.axcodes2ornt(code)
    turned = [
        nib.orientations.apply_orientation(a, nib.orientations.ornt_transform([[0, 1], [1, 1], [2, 1]], transform))
        for a in (image, labels)
    ]
    back = nib.orientations.inv_ornt_aff(
        nib.orientations.ornt_transform([[0, 1], [1, 1], [2, 1]], transform), image.shape
    )
    return turned[0], turned[1], affine @ back


def tilted(affine, degrees=20):
    turn = np.eye(4)
    a = np.deg2rad(degrees)
    turn[:3, :3] = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    tilt = np.eye(4)
    tilt[:3, :3] = [[1, 0, 0], [0, np.cos(a / 2), -np.sin(a / 2)], [0, np.sin(a / 2), np.cos(a / 2)]]
    return turn @ tilt @ affine


def dice(a, b):
    return 2 * np.logical_and(a, b).sum() / (a.sum() + b.sum())


def there_and_back(labels, adapted):
    """Each label as a soft mask through the working grid and linearly back, as the engine returns logits."""
    masks = [resample(adapted.axes.apply((labels == v).astype(np.float32)), adapted.grid.from_scan()) for v in (1, 2)]
    return np.argmax([np.full(labels.shape, 0.5), *(adapted.to_scan(mask) for mask in masks)], axis=0)


@pytest.mark.parametrize("code", ORIENTATIONS)
@pytest.mark.parametrize("oblique", [False, True], ids=["straight", "oblique"])
def test_a_label_map_at_working_spacing_survives_the_way_there_and_back(code, oblique):
    image, labels, affine = oriented(*a_body(), code)
    adapted = adapt_to_budget(Scan(image, tilted(affine) if oblique else affine), 200_000)
    assert adapted.grid.spacing == pytest.approx(1.5)
    soft, nearest = there_and_back(labels, adapted), adapted.to_scan(adapted.labels_from_scan(labels), order=0)
    for returned in (soft, nearest):
        assert min(dice(returned == v, labels == v) for v in (1, 2)) >= 0.99


@pytest.mark.parametrize("budget, least", [(700_000, 0.985), (100_000, 0.96), (25_000, 0.93)])
def test_finer_and_coarser_working_grids_keep_shapes_in_place(budget, least):
    image, labels, affine = oriented(*a_body(), "PLI")
    returned = there_and_back(labels, adapt_to_budget(Scan(image, tilted(affine)), budget))
    for value in (1, 2):
        assert dice(returned == value, labels == value) >= least
        moved = [np.mean(np.argwhere(a == value), axis=0) for a in (returned, labels)]
        assert np.abs(moved[0] - moved[1]).max() < 0.15


@pytest.mark.parametrize("code", ["RAS", "LPS", "PIR", "SLA"])
def test_at_exactly_the_working_spacing_nothing_changes(code):
    image, labels, affine = oriented(*a_body(spacing=4.0), code)
    adapted = adapt_to_budget(Scan(image, affine), 1000)
    assert adapted.grid.spacing == 4.0
    back = adapted.to_scan(adapted.labels_from_scan(labels), order=0)
    assert np.array_equal(back, labels)
    assert np.array_equal(there_and_back(labels, adapted), labels)


def test_every_orientation_gives_the_network_the_same_picture():
    reference = adapt_to_budget(Scan(*oriented(*a_body(), "RAS")[::2]), 100_000)
    for code in ("LPI", "PSR", "IRA", "ALS"):
        other = adapt_to_budget(Scan(*oriented(*a_body(), code)[::2]), 100_000)
        assert other.image.shape == reference.image.shape
        assert np.abs(other.image - reference.image).max() < 1e-3


def test_thick_slices_come_back_on_their_own_grid():
    image, labels, affine = a_body((64, 64, 60))
    scan = Scan(image[:, :, ::6], affine @ np.diag([1, 1, 6, 1]))
    adapted = adapt(scan)
    back = adapted.to_scan(adapted.labels_from_scan(labels[:, :, ::6]), order=0)
    assert back.shape == scan.shape
    assert dice(back > 0, labels[:, :, ::6] > 0) > 0.97
    assert adapted.native_spacing == pytest.approx([1.5, 1.5, 9.0])


@pytest.mark.parametrize("shape", [(1, 1, 1), (80, 90, 1), (2, 200, 3)])
def test_odd_shapes_and_constant_images_are_ordinary_input(shape):
    for voxels in (np.zeros(shape), np.random.default_rng(0).normal(size=shape)):
        adapted = adapt(Scan(voxels, np.eye(4)))
        assert all(n % STRIDE == 0 for n in adapted.image.shape)
        assert np.isfinite(adapted.image).all() and np.abs(adapted.image).max() <= 1.25
        assert adapted.valid.sum() == np.prod(adapted.grid.shape)
        assert adapted.to_scan(adapted.image).shape == shape


def test_the_crop_keeps_the_whole_body_and_drops_the_air_around_it():
    image, _, affine = a_body()
    padded = np.pad(image, 40)
    adapted = adapt_to_budget(Scan(padded + np.random.default_rng(0).normal(0, 1, padded.shape), affine), 200_000)
    share = adapted.to_scan(np.ones(adapted.grid.shape, np.uint8), order=0)
    assert share[padded > 50].all()
    assert share.mean() < 0.4


def test_intensities_do_not_depend_on_gain_and_offset():
    image, _, affine = a_body()
    image = image + np.random.default_rng(0).normal(0, 3, image.shape).astype(np.float32)
    plain, shifted = (adapt(Scan(i, affine)).image for i in (image, image * 7.3 + 900))
    assert np.abs(plain - shifted).max() < 1e-3


def test_an_unknown_profile_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="fast, standard, fine"):
        adapt(Scan(np.ones((4, 4, 4)), np.eye(4)), "best")
