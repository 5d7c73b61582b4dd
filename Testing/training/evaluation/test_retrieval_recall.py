"""Recall, ranks and their chance, each against a case worked out by hand or drawn."""

import math

import numpy as np
import pytest

from mrifoundation_training.evaluation.retrieval_recall import chance_of_a_hit, first_ranks, recall_at


def ranked(*places, of=20):
    """Similarities and right answers of queries whose only right answer comes at these places."""
    right = np.zeros((len(places), of), bool)
    right[np.arange(len(places)), np.array(places) - 1] = True
    return np.tile(-np.arange(of, dtype=float), (len(places), 1)), right


def test_the_first_right_answer_counts():
    similarity = np.array([[0.1, 0.9, 0.5, 0.2], [0.4, 0.3, 0.2, 0.1]])
    right = np.array([[True, False, True, False], [False, False, False, True]])
    np.testing.assert_array_equal(first_ranks(similarity, right), [2, 4])


def test_recall_median_and_reciprocal_rank():
    found = recall_at(*ranked(1, 2, 4, 12), np.eye(4))
    assert {k: one.value for k, one in found.recall.items()} == {1: 0.25, 5: 0.75, 10: 0.75}
    assert found.median_rank.value == 2, "half of the queries have a right answer by then"
    assert found.reciprocal_rank.value == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 12) / 4)
    assert (found.queries, found.people, found.gallery) == (4, 4, 20)
    for one in (*found.recall.values(), found.median_rank, found.reciprocal_rank):
        assert one.low <= one.value <= one.high
    assert (found.median_rank.low, found.median_rank.high) == (1, 12)


def test_queries_without_an_answer_do_not_count():
    similarity, right = ranked(1, 1)
    right[0] = False
    found = recall_at(similarity, right, np.eye(2))
    assert (found.queries, found.people) == (1, 1) and math.isnan(found.recall[1].low), "of one person nothing is sure"
    assert recall_at(similarity, np.zeros_like(right), np.eye(2)) is None


def test_a_person_counts_once_however_many_scans_ask():
    shares = np.array([[1 / 3, 1 / 3, 1 / 3, 0], [0, 0, 0, 1]])
    found = recall_at(*ranked(1, 1, 1, 20), shares)
    assert found.recall[1].value == 0.5 and (found.queries, found.people) == (4, 2)


def test_people_are_drawn_not_queries():
    """Nine queries of one person stand or fall together."""
    places = [1] * 9 + [20]
    apart = recall_at(*ranked(*places), np.eye(10))
    together = recall_at(*ranked(*places), np.array([[1.0] * 9 + [0], [0] * 9 + [1]]))
    assert together.recall[1].value == apart.recall[1].value == 0.9
    assert together.recall[1].low == 0.0 < apart.recall[1].low


def test_all_queries_with_the_same_answers_count_as_one():
    similarity, right = ranked(1, 1, 1, 20)
    assert recall_at(similarity, right, np.eye(4)).by_answer[1] == 0.5


def test_chance_agrees_with_drawing():
    rng, total, counts = np.random.default_rng(0), 20, (1, 3)
    right = np.zeros((2, total), bool)
    for row, count in enumerate(counts):
        right[row, :count] = True
    chance = recall_at(np.zeros((2, total)), right, np.eye(2)).chance
    drawn = np.array([first_ranks(rng.random((2, total)), right) for _ in range(20000)]).ravel()
    for k, value in chance.recall.items():
        assert value == pytest.approx((drawn <= k).mean(), abs=0.01)
    assert chance.reciprocal_rank == pytest.approx((1 / drawn).mean(), abs=0.01)
    assert chance.median_rank == pytest.approx(np.median(drawn), abs=1)


def test_chance_of_a_hit():
    rng = np.random.default_rng(0)
    hits = np.mean([(rng.permutation(20)[:5] < 3).any() for _ in range(20000)])
    assert chance_of_a_hit(20, 3, 5) == pytest.approx(hits, abs=0.02)
    assert chance_of_a_hit(4, 4, 1) == 1.0 and chance_of_a_hit(4, 0, 4) == 0.0
