"""A recoloured scan shows the same anatomy: brightness rises where it rose, and only labelled organs drift."""

import numpy as np
import torch

from mrifoundation_training.synthesis.geometry import GeometryRanges, draw_view, sample_image
from mrifoundation_training.synthesis.recolour import recolour

SPACING = np.array([2.0, 2.0, 2.0])


def view_of(shape):
    still = GeometryRanges(budget=(30_000, 30_000), rotation=0, scale=0, shear=0, warp_mm=0, partial=0)
    box = tuple(slice(0, n) for n in shape)
    return draw_view(np.random.default_rng(0), still, box, SPACING, False, torch.device("cpu"))


def test_without_labels_order_of_brightness_is_kept():
    ramp = torch.linspace(0, 1000, 40)[:, None, None].expand(40, 40, 40).contiguous()
    view = view_of(ramp.shape)
    image = sample_image(ramp, view, SPACING)
    nothing = torch.zeros(ramp.shape, dtype=torch.uint8)
    curves = []
    for seed in range(12):
        line = recolour(np.random.default_rng(seed), image, nothing, view, SPACING, 1)[:, 5, 5]
        inside = (line > 1e-4) & (line < 0.999)
        assert (line.diff()[inside[1:] & inside[:-1]] > 0).all()
        curves.append(line)
    assert torch.stack(curves).std(0).max() > 0.03, "curves differ from draw to draw"


def test_an_organ_changes_against_its_surroundings_and_the_rest_does_not():
    scan = torch.full((40, 40, 40), 100.0)
    scan[::2] = 200.0
    labels = torch.zeros(scan.shape, dtype=torch.uint8)
    labels[14:26, 14:26, 14:26] = 1
    view = view_of(scan.shape)
    image = sample_image(scan, view, SPACING)
    organ = sample_image((labels == 1).float(), view, SPACING) > 0.999
    outside = sample_image((labels == 1).float(), view, SPACING) < 0.001
    ratios = []
    for seed in range(12):
        result = recolour(np.random.default_rng(seed), image, labels, view, SPACING, 2)
        ratios.append((result[organ].mean() / result[outside].mean()).item())
    assert np.std(ratios) > 0.05
    assert all(0.4 < ratio < 2.5 for ratio in ratios)
