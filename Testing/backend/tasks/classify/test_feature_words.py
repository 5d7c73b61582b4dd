"""What speaks for an answer is told in the units of a reader."""

import numpy as np
import pytest

from mrifoundation.tasks.classify.feature_words import readable
from mrifoundation.tasks.measure.heart_proportions import heart_proportions


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("log volume of glioma", np.log(12.5), ("volume of glioma", 12.5, "mL")),
        ("log largest piece brighter than tissue", np.log(0.4), ("largest piece brighter than tissue", 0.4, "mL")),
        ("log wall to radius at end-diastole", np.log(0.35), ("wall to radius at end-diastole", 0.35, "")),
        ("presence of glioma", 0.0, ("presence of glioma", 0.5, "")),
        ("left ejection", 0.56, ("left ejection fraction on the slices that both phases show", 56.0, "%")),
        ("nWBV", 0.841, ("nWBV", 0.841, "")),
    ],
)
def test_numbers_are_told_as_a_reader_thinks_of_them(name, value, told):
    words, number, unit = readable(name, float(value))
    assert (words, pytest.approx(number), unit) == told


def test_no_number_of_a_heart_is_told_as_a_logarithm():
    i, j = np.ogrid[:64, :64]
    away = np.hypot(i - 30, j - 32)
    phases = []
    for inner in (14, 9):  # the cavity grows smaller, the wall thicker
        one = np.zeros((64, 64, 4), np.uint8)
        one[away < 20] = 3
        one[away < inner] = 1
        one[48:60, 24:40] = 2
        phases.append(one)
    told = [readable(*one) for one in heart_proportions(*phases, (1.5, 1.5, 10.0)).items()]
    assert not any("log" in name or value < 0 for name, value, _ in told)
    (thick,) = [value for name, value, _ in told if name == "wall to radius at end-diastole"]
    assert 0.2 < thick < 0.8
