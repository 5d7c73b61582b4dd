"""Where a heat map points."""

import numpy as np
import pytest

from mrifoundation import Engine
from mrifoundation.tasks.classify.classification import Classification
from mrifoundation.volume import Scan
from mrifoundation_training.evaluation.pointing import peak, pointing_game
from mrifoundation_training.heads.example import Example


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


def test_hits_are_told_beside_what_a_random_place_would_reach(tiny_weights, own_folders):
    body, lesion = np.full((20, 20, 20), 100, np.float32), np.zeros((20, 20, 20), np.float32)
    body[:, :, :10], lesion[4:12, 4:12, 12:18] = 0, 1
    affine = np.diag([4.0, 4, 4, 1])
    heat = {"hit": lesion, "miss": np.roll(lesion, 8, axis=0), "none": None}
    known = {"label": "ill", "source": "made", "lesion": lambda: Scan(lesion, affine)}
    examples = [
        Example(name, "one person", read=lambda name=name: (Scan(body, affine, name),), **known) for name in heat
    ]
    examples.append(Example("unknown", "another", "ill", lambda: (Scan(body, affine),), "made"))

    def asked(study):
        name = study.scans[0].name
        return Classification("head", "Head", True, heat_map=heat[name], heat_map_shows="what was put there")

    found = pointing_game(Engine.load(tiny_weights), examples, asked)
    assert (found.hits, found.cases, found.people, found.without) == (1, 2, 1, 1)
    assert found.chance == pytest.approx(8 * 8 * 6 / (20 * 20 * 10))
    assert (found.low, found.high) == pytest.approx((0.0126, 0.9874), abs=1e-4), "exact, 1 of 2"
    assert pointing_game(Engine.load(tiny_weights), examples[-1:], asked) is None
