"""What a measurement of ours stands for in another's, on people whom both have measured."""

import numpy as np
import pytest
from scipy import stats

from mrifoundation import InputError
from mrifoundation.tasks.measure.calibration import Calibration


def measured_both_ways(people, seed=0, noise=0.01):
    """Ours moves by a third of theirs, as a measurement does that misses most of what differs."""
    random = np.random.default_rng(seed)
    theirs = random.uniform(0.7, 0.85, people)
    return 0.6 + 0.3 * theirs + random.normal(0, 0.3 * noise, people), theirs


def test_an_error_that_grows_is_taken_back_and_no_mean_of_it():
    ours, theirs = measured_both_ways(200)
    found = Calibration.fit(ours, theirs)
    for true in (0.70, 0.78, 0.85):
        assert found.value(0.6 + 0.3 * true) == pytest.approx(true, abs=0.01)


def test_the_interval_is_the_one_of_the_textbook():
    ours, theirs = measured_both_ways(8)
    found, at = Calibration.fit(ours, theirs), 0.80
    line = stats.linregress(ours, theirs)
    rest = theirs - line.intercept - line.slope * ours
    error = np.sqrt((rest**2).sum() / 6 * (1 + 1 / 8 + (at - ours.mean()) ** 2 / ((ours - ours.mean()) ** 2).sum()))
    middle, reach = line.intercept + line.slope * at, stats.t.ppf(0.975, 6) * error
    assert found.interval(at) == pytest.approx((middle - reach, middle + reach))


def test_of_new_people_the_interval_holds_nineteen_in_twenty():
    held = []
    for seed in range(400):
        ours, theirs = measured_both_ways(9, seed)
        low, high = Calibration.fit(ours[:8], theirs[:8]).interval(ours[8])
        held.append(low <= theirs[8] <= high)
    assert 0.92 < np.mean(held) < 0.98


def test_the_farther_from_the_compared_people_the_wider():
    ours, theirs = measured_both_ways(8)
    found = Calibration.fit(ours, theirs)
    width = [float(np.ptp(found.interval(found.mean + off))) for off in (0.0, 0.05, 0.1)]
    assert width[0] < width[1] < width[2]
    assert found.covers(found.mean) and not found.covers(ours.min() - 0.001) and not found.covers(ours.max() + 0.001)


def test_what_is_stored_is_what_comes_back():
    found = Calibration.fit(*measured_both_ways(8))
    assert Calibration(**found.to_dict()) == found


@pytest.mark.parametrize(
    ("ours", "theirs"), [([0.8, 0.9], [0.7, 0.8]), ([0.8, 0.8, 0.8], [0.7, 0.8, 0.9]), ([1, 2, 3], [3, 2, 1])]
)
def test_too_few_people_or_no_relation_is_refused(ours, theirs):
    with pytest.raises(InputError, match="does not follow"):
        Calibration.fit(ours, theirs)
