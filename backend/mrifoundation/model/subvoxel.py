"""Between working voxels and cells: a cell is a block of 2×2×2 working voxels, the resolution of the voxel features."""

import torch

SUBVOXELS = 8


def to_cells(volume: torch.Tensor) -> torch.Tensor:
    """Space to depth: [B, 1, X, Y, Z] (even sizes) → [B, 8, X/2, Y/2, Z/2]; channel = 4·dx + 2·dy + dz."""
    b, _, x, y, z = volume.shape
    cells = volume.reshape(b, x // 2, 2, y // 2, 2, z // 2, 2)
    return cells.permute(0, 2, 4, 6, 1, 3, 5).reshape(b, SUBVOXELS, x // 2, y // 2, z // 2)


def to_voxels(cells: torch.Tensor) -> torch.Tensor:
    """Depth to space: [B, 8, x, y, z] → [B, 2x, 2y, 2z]; the inverse of `to_cells`."""
    b, _, x, y, z = cells.shape
    return cells.reshape(b, 2, 2, 2, x, y, z).permute(0, 4, 1, 5, 2, 6, 3).reshape(b, 2 * x, 2 * y, 2 * z)
