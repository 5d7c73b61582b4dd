"""Fixtures: two bright balls in a scan, and the module with its Contour section open on it."""

import numpy as np
import pytest
from contour_driver import LARGE, SMALL, choose, choose_set, wait
from volumes import add_volume


@pytest.fixture
def balls(scene, oblique_affine):
    """Two bright balls in a noisy ground, oblique and anisotropic."""
    voxels = np.random.default_rng(5).normal(100, 8, (40, 44, 36))
    for middle, radius in ((LARGE, 14), (SMALL, 10)):
        away = (np.indices(voxels.shape).transpose(1, 2, 3, 0) - middle) * (2.0, 2.5, 3.0)
        voxels[np.linalg.norm(away, axis=-1) <= radius] += 150
    return add_volume("balls", voxels.astype(np.int16), oblique_affine)


@pytest.fixture
def contour(connected, balls):
    """The module with its Contour section open on the balls."""
    connected.ui.scanSelector.setCurrentNode(balls)
    connected.ui.contourSection.collapsed = False
    return connected


@pytest.fixture
def by_hand(contour):
    """The set 'brain' chosen, an organ of it that the backend does not know, and that organ's row."""
    choose_set(contour, "brain")
    contour.contourPanel.ui.organButton.click()
    wait(contour)
    choose(contour, "optic chiasm")
    return contour
