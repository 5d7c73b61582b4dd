"""Matrices brought near to orthogonal ones: against their singular values, and against PyTorch's own optimiser."""

import pytest
import torch

from mrifoundation_training.muon import MuonWithAdamW
from mrifoundation_training.orthogonal import orthogonal

QUINTIC, STEPS = (3.4445, -4.7750, 2.0315), 5


def by_singular_values(matrix):
    u, s, v = torch.linalg.svd(matrix.double(), full_matrices=False)
    s = s / s.square().sum().sqrt()
    for _ in range(STEPS):
        s = QUINTIC[0] * s + QUINTIC[1] * s**3 + QUINTIC[2] * s**5
    return u @ torch.diag(s) @ v


@pytest.mark.parametrize("shape", [(16, 400), (400, 16), (32, 32), (128, 3456)])
@pytest.mark.parametrize("rank", [4, None])
def test_every_singular_value_goes_where_the_quintic_sends_it(shape, rank):
    torch.manual_seed(0)
    matrix = torch.randn(shape) if rank is None else torch.randn(shape[0], rank) @ torch.randn(rank, shape[1])
    assert torch.allclose(orthogonal(matrix, QUINTIC, STEPS).double(), by_singular_values(matrix), atol=2e-4)


def test_no_gradient_is_no_step():
    assert not orthogonal(torch.zeros(16, 40), QUINTIC, STEPS).any()


def test_weights_move_as_by_pytorch():
    torch.manual_seed(0)
    layer = torch.nn.Conv3d(16, 24, 3, bias=False)
    start = layer.weight.detach().clone()
    theirs = torch.nn.Parameter(start.flatten(1).clone())
    ours = MuonWithAdamW([{"params": [layer.weight], "pace": 1.0}], 0.01, 0.1)
    reference = torch.optim.Muon([theirs], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        gradient = torch.randn_like(layer.weight)
        layer.weight.grad, theirs.grad = gradient.clone(), gradient.flatten(1).clone()
        ours.step()
        reference.step()
    moved, expected = (layer.weight.detach() - start).flatten(1), theirs.detach() - start.flatten(1)
    assert (moved - expected).norm() < 0.02 * expected.norm(), "PyTorch multiplies in bfloat16"
