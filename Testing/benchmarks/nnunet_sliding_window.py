"""nnU-Net's standard 3d_fullres network for 1 mm images, with random weights, slid over a volume; prints JSON.

    python nnunet_sliding_window.py plain|resenc THREADS TILES X Y Z

TILES 0 runs every tile; else that many are timed (after one to warm up) and the others are taken to cost the same: all
tiles have one size.
"""

import json
import math
import resource
import sys
import time

import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet
from torch import nn

PATCH = 128
CLASSES = 33  # a whole-brain parcellation


def network(kind: str) -> nn.Module:
    """Six stages of 32 to 320 features, as nnU-Net v2 plans them for a patch of 128³; plain or residual encoder."""
    shared = {
        "input_channels": 1,
        "n_stages": 6,
        "features_per_stage": (32, 64, 128, 256, 320, 320),
        "conv_op": nn.Conv3d,
        "kernel_sizes": 3,
        "strides": (1, 2, 2, 2, 2, 2),
        "num_classes": CLASSES,
        "conv_bias": True,
        "norm_op": nn.InstanceNorm3d,
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": nn.LeakyReLU,
        "nonlin_kwargs": {"inplace": True},
    }
    if kind == "resenc":
        return ResidualEncoderUNet(n_blocks_per_stage=(1, 3, 4, 6, 6, 6), n_conv_per_stage_decoder=1, **shared)
    return PlainConvUNet(n_conv_per_stage=2, n_conv_per_stage_decoder=2, **shared)


def tile_count(shape: list[int]) -> int:
    """Tiles of nnU-Net's sliding window: steps of at most half a tile, the volume padded to one tile at least."""
    return math.prod(math.ceil(max(extent - PATCH, 0) / (PATCH / 2)) + 1 for extent in shape)


def seconds_a_tile(model: nn.Module, tiles: int) -> float:
    """Mean seconds of a forward pass; the first, which sets up memory and kernels, is not counted."""
    tile = torch.randn(1, 1, PATCH, PATCH, PATCH)
    with torch.inference_mode():
        model(tile)
        started = time.perf_counter()
        for _ in range(tiles):
            model(tile)
    return (time.perf_counter() - started) / tiles


def main(kind: str, threads: int, timed: int, shape: list[int]) -> None:
    torch.set_num_threads(threads)
    model = network(kind).eval()
    tiles = tile_count(shape)
    timed = min(timed or tiles, tiles)
    found = {
        "network": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "tiles": tiles,
        "tiles_timed": timed,
        "seconds": tiles * seconds_a_tile(model, timed),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "logits_gib": math.prod(shape) * CLASSES * 2 / 2**30,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(extent) for extent in sys.argv[4:]])
