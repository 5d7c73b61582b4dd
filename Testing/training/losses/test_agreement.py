"""Assignments are balanced, and agreement counts what is real."""

import torch

from mrifoundation_training.losses.agreement import agreement, balanced


def test_all_prototypes_are_used_alike_even_when_all_tokens_lean_to_one():
    torch.manual_seed(0)
    scores = 0.3 * torch.randn(200, 8) + torch.tensor([2.0, 0, 0, 0, 0, 0, 0, 0])
    answers = balanced(scores, 0.1, rounds=30)
    assert torch.allclose(answers.sum(1), torch.ones(200), atol=1e-5)
    assert torch.allclose(answers.mean(0), torch.full((8,), 1 / 8), atol=0.01)


def test_tokens_that_are_all_the_same_get_a_flat_answer():
    assert torch.allclose(balanced(torch.randn(1, 8).expand(20, -1), 0.05), torch.full((20, 8), 1 / 8), atol=1e-5)


def test_figures_say_whether_the_student_agrees():
    targets = torch.eye(4)[[0, 1, 2, 3]]
    loss, figures = agreement(targets, targets * 2, torch.ones(4), 0.1)
    assert loss < 1e-3 and figures["top1"] == 1 and figures["entropy"] < 1e-6 and figures["kl"] < 1e-3
    _, wrong = agreement(targets, targets.roll(1, 0) * 2, torch.ones(4), 0.1)
    assert wrong["top1"] == 0 and wrong["kl"] > 10


def test_tokens_of_weight_zero_do_not_count():
    targets, scores = torch.rand(6, 5).softmax(1), torch.randn(6, 5)
    weight = torch.tensor([1.0, 0, 0.5, 1, 0, 1])
    changed = torch.where(weight[:, None] > 0, scores, 9.0)
    assert agreement(targets, scores, weight, 0.1)[0] == agreement(targets, changed, weight, 0.1)[0]
