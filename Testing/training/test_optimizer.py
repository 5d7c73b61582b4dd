"""Muon for convolutions beside AdamW: steps of one length in all directions, on the weights themselves."""

import dataclasses

import pytest
import torch
from torch import nn

from mrifoundation.errors import InputError
from mrifoundation_training.muon import MuonWithAdamW
from mrifoundation_training.optimizer import check_optimizer


@pytest.fixture(params=[torch.channels_last_3d, torch.contiguous_format], ids=["channels last", "contiguous"])
def layers(request):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv3d(16, 24, 3), nn.GroupNorm(3, 24), nn.Conv3d(24, 4, 1)).to(memory_format=request.param)


def stepped(layers, rate=0.01):
    """Weights before, and the optimiser after one step on a gradient."""
    before = [p.detach().clone() for p in layers.parameters()]
    optimizer = MuonWithAdamW([{"params": list(layers.parameters()), "pace": 1.0}], rate, 0.0)
    layers(torch.randn(2, 16, 5, 5, 5)).square().mean().backward()
    optimizer.step()
    return before, optimizer


def test_a_convolution_moves_as_far_in_every_direction(layers):
    before, _ = stepped(layers)
    change = (layers[0].weight.detach() - before[0]).permute(0, 2, 3, 4, 1).flatten(1)
    lengths = torch.linalg.svdvals(change)
    assert lengths.max() / lengths.min() < 2.5, "the gradient itself has singular values of very different sizes"
    gradient = torch.linalg.svdvals(layers[0].weight.grad.flatten(1))
    assert gradient.max() / gradient.min() > 10


def test_what_is_no_matrix_moves_as_by_adamw(layers):
    before, _ = stepped(layers)
    for old, new in zip(before[1:], list(layers.parameters())[1:], strict=True):
        moved = (new.detach() - old).abs()
        assert moved.max() == pytest.approx(0.01, rel=1e-3), "the first step of AdamW is as long as its rate"


def test_what_is_kept_comes_back(layers):
    _, optimizer = stepped(layers)
    kept = optimizer.state_dict()
    other = MuonWithAdamW([{"params": list(layers.parameters()), "pace": 1.0}], 0.01, 0.0)
    other.load_state_dict(kept)
    assert other.state.keys() == optimizer.state.keys() == set(layers.parameters())
    for weight, values in optimizer.state.items():
        for name, value in values.items():
            assert torch.equal(other.state[weight][name], value)


def test_what_cannot_work_is_said_before_anything_starts(small_recipe):
    with pytest.raises(InputError, match="adamw or optimizer=muon"):
        check_optimizer(dataclasses.replace(small_recipe, optimizer="sgd"))
    with pytest.raises(InputError, match="parallel=ddp"):
        check_optimizer(dataclasses.replace(small_recipe, optimizer="muon", parallel="fsdp"))
