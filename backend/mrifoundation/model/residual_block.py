"""The residual block of the network, with the parameter names and the arithmetic of MONAI's UnetResBlock.

MONAI's own is not imported: `import monai` takes over thirty seconds on a small machine, and the service must be up in eight.
"""

import torch
from torch import nn

CHANNELS_A_GROUP = 8


class _Convolution(nn.Module):
    """A convolution under the name that stored weights give it: `<block>.conv1.conv.weight`."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int):
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, size, stride, padding=size // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class ResidualBlock(nn.Module):
    """Two 3×3×3 convolutions with group normalisation beside a shortcut, which is projected where shape or width change."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        groups = max(1, outputs // CHANNELS_A_GROUP)
        self.conv1, self.norm1 = _Convolution(inputs, outputs, 3, stride), nn.GroupNorm(groups, outputs)
        self.conv2, self.norm2 = _Convolution(outputs, outputs, 3, 1), nn.GroupNorm(groups, outputs)
        self.lrelu = nn.LeakyReLU(0.01, inplace=True)
        self.projects = inputs != outputs or stride != 1
        if self.projects:
            self.conv3, self.norm3 = _Convolution(inputs, outputs, 1, stride), nn.GroupNorm(groups, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, inputs, x, y, z] → [B, outputs, …], halved where stride is 2."""
        shortcut = self.norm3(self.conv3(x)) if self.projects else x
        x = self.norm2(self.conv2(self.lrelu(self.norm1(self.conv1(x)))))
        return self.lrelu(x + shortcut)
