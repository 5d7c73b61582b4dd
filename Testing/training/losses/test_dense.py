"""The loss on a sample of cells stands for the loss on all of them, and rewards what it should."""

import pytest
import torch

from mrifoundation_training.losses.dense import competition_loss, dense_loss, sample_cells


def test_a_weighted_sample_of_cells_is_unbiased():
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(5000, 8, generator=generator) < 0.02).to(torch.uint8)
    value = torch.rand(5000, generator=generator) + 3 * labels.any(1)
    small = torch.tensor([False, True])
    sums = []
    for _ in range(300):
        index, weight = sample_cells(labels, torch.ones(5000, dtype=torch.bool), small, 200, generator)
        sums.append((value[index] * weight).sum())
    assert torch.stack(sums).mean() == pytest.approx(value.sum().item(), rel=0.01)


def test_padding_is_never_sampled_and_small_structures_always_are():
    labels = torch.zeros(100, 8, dtype=torch.uint8)
    labels[7, 3] = 1
    valid = torch.arange(100) < 50
    index, _ = sample_cells(labels, valid, torch.tensor([False, True]), 10, torch.Generator().manual_seed(0))
    assert index.max() < 50 and 7 in index


def a_target():
    target = torch.zeros(20, 2, 8)
    target[:8, 0], target[10:13, 1] = 1, 1
    return target


def test_the_right_answer_costs_nothing_and_the_opposite_much():
    target, weight, present = a_target(), torch.ones(20), torch.tensor([True, True])
    right = dense_loss(40 * target - 20, target, weight, present)
    wrong = dense_loss(20 - 40 * target, target, weight, present)
    assert right[0] < 1e-3 and right[1] < 1e-3
    assert wrong[0] > 0.8 and wrong[1] > 5


def test_a_structure_out_of_view_only_has_to_stay_empty():
    target, weight = torch.zeros(20, 2, 8), torch.ones(20)
    target[:8, 0] = 1
    empty, full = (
        dense_loss(
            torch.stack([40 * target[:, 0] - 20, torch.full((20, 8), v)], 1),
            target,
            weight,
            torch.tensor([True, False]),
        )
        for v in (-20.0, 20.0)
    )
    assert empty[0] < 1e-3 and full[0] < 1e-3, "Dice is not asked of it"
    assert full[1] > empty[1] + 5


def test_structures_compete_and_none_of_them_is_a_choice_too():
    target, weight = a_target(), torch.ones(20)
    missing, entropy = competition_loss(40 * target - 20, target, weight)
    assert missing < 1e-3 and entropy < 1e-3
    missing, entropy = competition_loss(40 * target.flip(1) - 20, target, weight)
    assert missing > 0.8 and entropy > 10
    missing, entropy = competition_loss(torch.full_like(target, 20.0), target, weight)
    assert missing > 0.3 and entropy > 5
