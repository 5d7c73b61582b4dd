"""Where a heat map points."""

import numpy as np

from mrifoundation_training.evaluation.pointing import peak


def test_the_peak_is_the_middle_of_the_strongest_part():
    heat = np.zeros((40, 40, 20), np.float32)
    heat[20:31, 10:21, 4:15] = 1.0
    heat[2:4, 30:32, 4] = 1.0
    assert np.abs(np.array(peak(heat, np.array([1.0, 1.0, 1.0]))) - (25, 15, 9)).max() <= 2


def test_anisotropic_voxels_are_blurred_in_mm():
    heat = np.zeros((40, 40, 6), np.float32)
    heat[10:20, 10:20, 2] = 1.0
    i, j, k = peak(heat, np.array([1.0, 1.0, 10.0]))
    assert 12 <= i <= 17 and 12 <= j <= 17 and k == 2
