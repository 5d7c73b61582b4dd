"""Simulated lesions lie where they may, are named, and leave the brain whole."""

import numpy as np
import pytest
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation_training.data.targets import askable
from mrifoundation_training.synthesis.lesions import GLIOMA, SCLEROSIS, SPOTS, add_lesions, shape_points

NAMES = ("", "left cerebral white matter", "right cerebral white matter", "left lateral ventricle", "skin of the head")
BRAIN = np.array([False, True, True, True, False])
SPACING = np.array([2.0, 2.0, 2.0])


@pytest.fixture
def head():
    """Two hemispheres of white matter, a ventricle in the left one, skin around; uint8 [40, 40, 40] at 2 mm."""
    x, y, z = np.meshgrid(*[np.arange(40) - 19.5] * 3, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    labels = np.where(radius < 19, 4, 0)
    labels[radius < 16] = 2
    labels[(radius < 16) & (x < 0)] = 1
    labels[np.sqrt((x + 6) ** 2 + y**2 + z**2) < 4] = 3
    return torch.tensor(labels, dtype=torch.uint8)


def diseased(head, seed, shape=None):
    return add_lesions(np.random.default_rng(seed), head, NAMES, BRAIN, SPACING, shape)


def drawn(head, wanted, shape=None):
    """The first draw with a lesion called `wanted`."""
    return next(d for d in (diseased(head, seed, shape) for seed in range(200)) if wanted in d.names[len(NAMES) :])


@pytest.mark.parametrize("seed", range(12))
def test_lesions_replace_white_matter_or_brain_and_nothing_else(head, seed):
    result = diseased(head, seed, shape=np.zeros((1, 3), np.float32))
    changed = result.labels != head
    assert changed.any()
    assert set(head[changed].tolist()) <= {1, 2}, "neither fluid nor skin"
    assert all(result.names[n] in {*SPOTS.values(), SCLEROSIS, *GLIOMA} for n in result.labels[changed].unique())


def test_the_source_is_left_as_it_was(head):
    before = head.clone()
    diseased(head, 0)
    assert torch.equal(head, before)


def test_spots_carry_the_side_they_lie_on(head):
    result = drawn(head, SPOTS[NAMES[1]])
    lesion = result.names.index(SPOTS[NAMES[1]])
    assert (head[result.labels == lesion] == 1).all()


def test_a_glioma_stays_on_its_side_and_is_a_tumour(head):
    result = drawn(head, "peritumoral edema")
    assert result.tumour
    assert len(set(head[result.labels != head].tolist())) == 1


def test_lesions_of_a_real_patient_keep_their_shape(head):
    plate = np.zeros((30, 30, 4), bool)
    plate[5:25, 5:25, 1:3] = True
    result = drawn(head, SCLEROSIS, shape_points(plate, np.array([1.0, 1.0, 3.0])))
    extent = [np.ptp(np.argwhere((result.labels != head).numpy())[:, axis]) * 2 for axis in range(3)]
    assert extent[2] < 10 < extent[0], "20 mm wide, 6 mm thick"


def test_points_fill_thick_slices():
    points = shape_points(np.ones((2, 2, 2), bool), np.array([1.0, 1.0, 3.0]))
    assert np.abs(points.mean(0)).max() < 1e-5
    heights = np.unique(points[:, 2].round(3))
    assert np.diff(heights).max() <= 1.001 and np.ptp(heights) == pytest.approx(5.0)


def test_the_brain_is_whole_with_a_lesion_in_it(head):
    result = drawn(head, "peritumoral edema")
    vocabulary = Vocabulary.load()
    # The brain of a map that labels all its parts; those that this small head lacks are declared all the same.
    parts = set(vocabulary["brain"].unions[-1])
    asked = askable(vocabulary, result.names, frozenset(parts | set(NAMES[1:])), "brain", result.hosts)
    brain = torch.from_numpy(asked.lut[asked.names.index("brain")])[result.labels.long()]
    assert torch.equal(brain, torch.from_numpy(BRAIN)[head.long()])


def test_without_white_matter_nothing_is_put_in():
    labels = torch.full((8, 8, 8), 3, dtype=torch.uint8)
    result = diseased(labels, 0)
    assert torch.equal(result.labels, labels) and result.names == NAMES and not result.hosts
