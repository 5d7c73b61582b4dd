"""What a made image looks like where a map says less than a scanner would show."""

import numpy as np
import pytest
import torch

from mrifoundation_training.synthesis.geometry import View
from mrifoundation_training.synthesis.render import render

SIZE = 40


@pytest.fixture
def ball():
    """Voxels of 1 mm, the distance of each from the middle (mm), and a view of them as they are."""
    index = torch.stack(torch.meshgrid(*[torch.arange(SIZE, dtype=torch.float32)] * 3, indexing="ij"))
    distance = ((index - (SIZE - 1) / 2) ** 2).sum(0).sqrt()
    return distance, View(index, 1.0, (SIZE,) * 3, False)


@pytest.mark.parametrize(("name", "least", "most"), [("femur", 0.5, 0.9), ("liver", 0.0, 0.0)])
def test_most_bones_have_a_rim_without_signal(ball, name, least, most):
    distance, view = ball
    rimmed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        image, sequence = render(rng, (distance < 14).int(), np.ones(3), view, ("", name), whole=False, realistic=1.0)
        assert sequence
        rim, inside = (image[part].mean().item() for part in ((distance > 13) & (distance < 13.9), distance < 11))
        rimmed += rim < 0.5 * inside
    assert least <= rimmed / 40 <= most
