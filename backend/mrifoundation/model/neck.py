"""The transformer over coarse tokens: every place of the scan sees every other, with positions in millimetres."""

import math

import torch
from torch import nn

from mrifoundation.volume.adapt import STRIDE

WAVELENGTHS_MM = (50.0, 100.0, 200.0, 400.0, 800.0)


class Neck(nn.Module):
    """Self-attention over the coarsest level; tokens without any real data are masked out."""

    def __init__(self, width: int, layers: int, heads: int):
        super().__init__()
        self.heads = heads
        self.position = nn.Linear(3 * 2 * len(WAVELENGTHS_MM), width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor, share: torch.Tensor, spacing: torch.Tensor):
        """x: [B, D, x, y, z]; share: real data in each token [B, 1, x, y, z] (0…1); spacing: working mm [B].

        Returns x with context added (same shape), tokens [B, T, D], share [B, T].
        """
        b, d, *size = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        share = share.flatten(1)
        placed = tokens + self.position(_waves(size, share, spacing)).to(tokens.dtype)
        encoded = self.layers(placed, mask=self._hidden(share))
        encoded = self.norm(encoded)
        return x + encoded.transpose(1, 2).reshape(b, d, *size).to(x.dtype), encoded, share

    def _hidden(self, share: torch.Tensor) -> torch.Tensor:
        """bool [B · heads, T, T]: what no token may look at. Said so, and not as padding, for which PyTorch imports a computer algebra
        system (half a second of the first scan, and broken for good where the memory does not suffice for it)."""
        padding = (share <= 0)[:, None, None].expand(-1, self.heads, share.shape[1], -1)
        return padding.flatten(0, 1)


def _waves(size: list[int], share: torch.Tensor, spacing: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of each token's place, mm from the centre of the real data: [B, T, 6 · wavelengths]."""
    axes = [torch.arange(n, device=share.device, dtype=torch.float32) for n in size]
    index = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(1, -1, 3)
    weight = share.float()[..., None]
    centre = (index * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp(min=1e-6)
    place = (index - centre) * (STRIDE * spacing.float()[:, None, None])
    wavelengths = torch.tensor(WAVELENGTHS_MM, device=share.device)
    phase = place[..., None] * (2 * math.pi / wavelengths)
    return torch.cat([phase.sin(), phase.cos()], dim=-1).flatten(2)
