"""Our residual block is MONAI's, to the last bit, under the same parameter names."""

import pytest
import torch

from mrifoundation.model.residual_block import ResidualBlock


@pytest.mark.parametrize("inputs, outputs, stride", [(32, 32, 1), (16, 32, 1), (32, 64, 2)])
def test_it_computes_what_monais_block_computes(inputs, outputs, stride):
    from monai.networks.blocks.dynunet_block import UnetResBlock

    ours = ResidualBlock(inputs, outputs, stride)
    slope = ("leakyrelu", {"inplace": True, "negative_slope": 0.01})
    theirs = UnetResBlock(3, inputs, outputs, 3, stride, ("group", {"num_groups": outputs // 8}), slope)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(1, inputs, 8, 6, 4)
    with torch.inference_mode():
        assert torch.equal(ours(x.clone()), theirs(x.clone()))
