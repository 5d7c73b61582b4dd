"""The residual encoder–decoder: an adapted scan → voxel features and coarse tokens."""

import torch
from torch import nn

from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.neck import Neck
from mrifoundation.model.residual_block import ResidualBlock
from mrifoundation.model.subvoxel import SUBVOXELS, to_cells
from mrifoundation.volume.adapt import STRIDE


class SpacingCondition(nn.Module):
    """A bias per channel and level from the working spacing and the scan's own spacing, so that size and slice thickness are known."""

    def __init__(self, channels: tuple[int, ...]):
        super().__init__()
        self.channels = channels
        self.layers = nn.Sequential(nn.Linear(4, 64), nn.GELU(), nn.Linear(64, sum(channels)))

    def forward(self, spacing: torch.Tensor) -> list[torch.Tensor]:
        """spacing: mm [B, 4] (working, then native along the three canonical axes) → one [B, C, 1, 1, 1] a level."""
        bias = self.layers(spacing.clamp(0.2, 20).log())
        return [part[:, :, None, None, None] for part in bias.split(self.channels, dim=1)]


class Network(nn.Module):
    """Four levels of residual convolutions over cells of 2×2×2 working voxels, with a transformer neck over the coarsest."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        c = config.channels
        self.stem = nn.Conv3d(SUBVOXELS + 1, c[0], 3, padding=1)
        self.condition = SpacingCondition(c)
        self.down = nn.ModuleList()
        for level in range(4):
            first = [ResidualBlock(c[0], c[0])] if level == 0 else [ResidualBlock(c[level - 1], c[level], 2)]
            self.down.append(
                nn.Sequential(*first, *(ResidualBlock(c[level], c[level]) for _ in range(config.blocks[level] - 1)))
            )
        self.neck = Neck(c[3], config.neck_layers, config.neck_heads)
        self.up = nn.ModuleList(nn.ConvTranspose3d(c[level + 1], c[level], 2, 2) for level in range(3))
        self.merge = nn.ModuleList(ResidualBlock(2 * c[level], c[level]) for level in range(3))
        self.refine = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(c[level], c[level]) for _ in range(config.refine[level])))
            for level in range(3)
        )
        self.features = nn.Conv3d(c[0], config.features, 3, padding=1)

    def forward(self, image: torch.Tensor, valid: torch.Tensor, spacing: torch.Tensor):
        """image, valid: float [B, 1, X, Y, Z], sizes multiples of 16; spacing: mm [B, 4].

        Returns voxel features [B, C, X/2, Y/2, Z/2], tokens [B, T, D] and the share of real data of each token [B, T].
        """
        cells = torch.cat([to_cells(image), to_cells(valid).mean(1, keepdim=True)], dim=1)
        x = self.stem(cells.contiguous(memory_format=torch.channels_last_3d))
        biases = self.condition(spacing)
        skips = []
        for level, stage in enumerate(self.down):
            x = _run(stage, x, stride=2 if level else 1) + biases[level].to(x.dtype)
            skips.append(x)
        share = nn.functional.avg_pool3d(valid, STRIDE)
        x, tokens, token_share = self.neck(x, share, spacing[:, 0])
        for level in (2, 1, 0):
            x = _run(self.merge[level], torch.cat([self.up[level](x), skips[level]], dim=1))
            x = _run(self.refine[level], x)
        return self.features(x), tokens, token_share


def _run(stage: nn.Module, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
    """stage(x), in float32 where its output is one or two voxels thin.

    There oneDNN's bfloat16 convolutions go wrong on CPUs: what they return, or the gradient of their weights, holds memory that
    nobody wrote (seen in torch 2.13 and 2.15, with and without AMX).
    """
    if x.device.type != "cpu" or min(x.shape[2:]) > 2 * stride:
        return stage(x)
    with torch.autocast("cpu", enabled=False):
        return stage(x.float())
