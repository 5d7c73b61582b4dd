"""Cells and working voxels are the same numbers in another order."""

import torch

from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation.model.subvoxel import to_cells, to_voxels


def test_depth_to_space_undoes_space_to_depth():
    volume = torch.arange(2 * 4 * 6 * 8).float().view(2, 1, 4, 6, 8)
    assert torch.equal(to_voxels(to_cells(volume)), volume[:, 0])


def test_a_cell_holds_its_own_eight_voxels():
    volume = torch.zeros(1, 1, 4, 4, 4)
    volume[0, 0, 2, 3, 1] = 5
    cells = to_cells(volume)
    assert cells[0, 4 * 0 + 2 * 1 + 1, 1, 1, 0] == 5 and cells.sum() == 5


def test_logits_land_on_the_voxel_whose_weights_made_them():
    model = FoundationModel(NetworkConfig(names=("liver", "spleen"))).eval()
    voxel = torch.randn(model.config.features, 2, 3, 4)
    query = model.query_names(["spleen"])
    grid = model.logits(voxel, query)
    assert grid.shape == (1, 4, 6, 8)
    x, y, z = 3, 2, 5
    sub = 4 * (x % 2) + 2 * (y % 2) + z % 2
    by_hand = voxel[:, x // 2, y // 2, z // 2] @ query.weights[0, :, sub] / model.config.features**0.5 + query.bias[0]
    assert torch.allclose(grid[0, x, y, z], by_hand, atol=1e-5)
