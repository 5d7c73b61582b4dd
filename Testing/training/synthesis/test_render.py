"""What a made image looks like where a map says less than a scanner would show."""

import numpy as np
import pytest
import torch

from mrifoundation_training.synthesis.geometry import View
from mrifoundation_training.synthesis.render import render
from mrifoundation_training.synthesis.womb import in_a_womb

SIZE = 40
T2_ALONE = (0.0, 1.0, 0.0, 0.0)


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


def test_urine_is_even_and_a_prostate_full_of_knots(ball):
    distance, view = ball
    varied = {}
    for name in ("urinary bladder", "transition zone of the prostate"):
        shares = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            image, _ = render(
                rng,
                (distance < 14).int(),
                np.ones(3),
                view,
                ("", name),
                whole=False,
                realistic=1.0,
                uneven=True,
                shares=T2_ALONE,
            )
            inside = image[distance < 12]
            shares.append(float(inside.std() / inside.mean()))
        varied[name] = np.median(shares)
    assert varied["urinary bladder"] < 0.1 and varied["transition zone of the prostate"] > 0.2


def test_a_brain_in_a_womb_has_a_dark_skull_and_fluid_about_it():
    brain = torch.zeros(40, 40, 40, dtype=torch.bool)
    brain[12:28, 12:28, 12:28] = True
    mother, fluid, skull, behind = torch.full(brain.shape, 0.4), [], [], []
    for seed in range(20):
        image = in_a_womb(np.random.default_rng(seed), mother, brain, 1.0, "T2")
        skull.append(float(image[11, 20, 20]))
        fluid.append(float((image > 0.75).float().mean()))
        behind.append(float((image == mother).float().mean()))
    assert max(skull) < 0.3 and np.mean(fluid) > 0.1 and np.mean(behind) > 0.3
