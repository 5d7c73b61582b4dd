"""Whether similar scans show similar anatomy and disease, against rankings worked out by hand."""

import numpy as np
import pytest

from mrifoundation_training.evaluation.retrieval_anatomy import anatomy_agreement, disease_agreement

PEOPLE = 14


def by_angle(degrees):
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


@pytest.fixture
def subjects():
    return [f"p{n}" for n in range(PEOPLE)]


@pytest.fixture
def volumes():
    """Each person's liver is a tenth larger than the one's before."""
    return [{"liver": 1000 * 1.1**n, "spleen": 200.0} for n in range(PEOPLE)]


def test_a_ranking_by_volume_agrees_wholly_and_the_reverse_not_at_all(subjects, volumes):
    asks = [n in (0, PEOPLE - 1) for n in range(PEOPLE)]
    right = anatomy_agreement(by_angle(5 * np.arange(PEOPLE)), volumes, subjects, asks)
    assert right.correlation.mean == pytest.approx(1.0) and right.queries == 2
    # The five nearest differ by 1, 2 … 5 steps, all by 1 … 13.
    assert right.nearest == pytest.approx(3 / 7, abs=1e-6)
    order = [0, *range(PEOPLE - 1, 0, -1)]
    wrong = anatomy_agreement(by_angle(5 * np.array(order)), volumes, subjects, [n == 0 for n in range(PEOPLE)])
    assert wrong.correlation.mean == pytest.approx(-1.0) and wrong.nearest > 1


def test_chance_is_no_correlation_and_a_share_of_one(subjects, volumes):
    found = [
        anatomy_agreement(
            by_angle(np.random.default_rng(seed).uniform(0, 90, PEOPLE)), volumes, subjects, [True] * PEOPLE
        )
        for seed in range(30)
    ]
    assert np.mean([one.correlation.mean for one in found]) == pytest.approx(0.0, abs=0.1)
    assert np.mean([one.nearest for one in found]) == pytest.approx(1.0, abs=0.1)


def test_the_same_person_and_scans_without_common_structures_do_not_answer(volumes):
    vectors = by_angle(np.arange(PEOPLE))
    assert anatomy_agreement(vectors, volumes, ["p"] * PEOPLE, [True] * PEOPLE).queries == 0
    apart = [{"liver": 1.0} if n else {"knee": 1.0} for n in range(PEOPLE)]
    asks = [n == 0 for n in range(PEOPLE)]
    assert anatomy_agreement(vectors, apart, [f"p{n}" for n in range(PEOPLE)], asks).queries == 0


def test_a_disease_needs_five_people_and_another_disease(subjects):
    diagnoses = ["dilated"] * 6 + ["healthy"] * 6 + ["rare", None]
    vectors = by_angle([0, 1, 2, 3, 4, 5, 60, 61, 62, 63, 64, 65, 30, 31])
    found = disease_agreement(vectors, diagnoses, subjects, [True] * PEOPLE)
    assert (found.value.mean, found.queries, found.chance) == (1.0, 12, pytest.approx(5 / 11))
    assert disease_agreement(vectors, ["dilated"] * 12 + ["rare", None], subjects, [True] * PEOPLE) is None
