"""What lies around an unborn child's brain: skull, scalp, fluid, and behind it the mother."""

import numpy as np
import torch
from scipy import ndimage

from mrifoundation_training.synthesis.contrast import draw_surroundings, signal_of
from mrifoundation_training.synthesis.geometry import smooth_noise

SKULL_MM = (0.8, 2.5)
SCALP_MM = (1.0, 5.0)
FLUID_MM = (2.0, 25.0)  # how far it reaches where there is any


def in_a_womb(
    rng: np.random.Generator, mother: torch.Tensor, brain: torch.Tensor, spacing: float, sequence: str | None
) -> torch.Tensor:
    """`mother`, an image [X, Y, Z], with a head about `brain` (bool [X, Y, Z]) in fluid in her; spacing: mm."""
    far = torch.from_numpy(ndimage.distance_transform_edt(~brain.cpu().numpy(), sampling=spacing)).to(mother)
    uneven = smooth_noise(rng, 1, brain.shape, max(brain.shape) / 5, mother.device)[0]
    skull, scalp, fluid = (rng.uniform(*reach) for reach in (SKULL_MM, SCALP_MM, FLUID_MM))
    # The child's head touches the wall here and its own body there: in places there is no fluid.
    image = torch.where(
        far < skull + scalp + fluid * (uneven + rng.uniform(-0.5, 1)), _signal(rng, "fluid", sequence), mother
    )
    image = torch.where(far < skull + scalp, float(draw_surroundings(rng, 1, sequence)[0]), image)
    return torch.where(far < skull, _signal(rng, "cortical bone", sequence), image)


def _signal(rng: np.random.Generator, tissue: str, sequence: str | None) -> float:
    return rng.random() if sequence is None else signal_of(tissue, sequence) + rng.normal(0, 0.05)
