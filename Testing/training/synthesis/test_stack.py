"""A scan taken slice by slice of someone who moves."""

import numpy as np
import torch

from mrifoundation_training.synthesis.artefacts import degrade
from mrifoundation_training.synthesis.geometry import GeometryRanges, draw_view, sample_image, sample_labels

SPACING = np.array([1.0, 1.0, 1.0])
BOX = (slice(0, 64),) * 3


def view_of(restless: float, seed: int = 0):
    ranges = GeometryRanges((250_000, 250_000), rotation=0, scale=0, shear=0, warp_mm=0, partial=0, restless=restless)
    return draw_view(np.random.default_rng(seed), ranges, BOX, SPACING, False, torch.device("cpu"))


def test_each_slice_lies_apart_from_the_next_as_a_whole():
    still, moved = view_of(0.0), view_of(1.0)
    assert still.stack is None
    stack = moved.stack
    apart = (moved.index - still.index).movedim(1 + stack.axis, 1).flatten(2)  # [3, slices, voxels of one]
    assert (apart - apart[..., :1]).abs().max() < 1e-4
    along = apart[0, :, 0]
    assert len({round(float(along[stack.of == n].mean()), 3) for n in range(stack.of.max() + 1)}) == stack.of.max() + 1
    assert all(along[stack.of == n].std() < 1e-4 for n in range(stack.of.max() + 1) if (stack.of == n).sum() > 1)


def test_labels_move_with_the_image():
    place = torch.stack(torch.meshgrid(*(torch.arange(64.0),) * 3, indexing="ij")) - 31.5
    ball = (place.square().sum(0).sqrt() < 20).to(torch.uint8)
    for seed in range(5):
        view = view_of(1.0, seed)
        shown, labels = sample_image(ball.float(), view, SPACING) > 0.5, sample_labels(ball, view) > 0
        assert 2 * (shown & labels).sum() / (shown.sum() + labels.sum()) > 0.97


def test_slices_differ_in_brightness_and_are_as_thick_as_the_image_says():
    view = view_of(1.0)
    even = torch.ones(view.shape)
    even[0, 0, 0] = 0  # degrade looks at the range of an image
    image, native = degrade(np.random.default_rng(0), even, view.spacing, 0.0, view.stack)
    means = image.mean([axis for axis in range(3) if axis != view.stack.axis])
    assert means.std() > 0.01
    assert native[view.stack.axis] == view.stack.thickness > max(np.delete(native, view.stack.axis))
