"""A real scan as another scanner might have shown it: a bent brightness scale, and organs a little brighter or darker than they were."""

import numpy as np
import torch

from mrifoundation_training.synthesis.geometry import View, looked_up, sample_image

KNOTS = 5


def recolour(
    rng: np.random.Generator, image: torch.Tensor, source: torch.Tensor, view: View, spacing: np.ndarray, count: int
) -> torch.Tensor:
    """image: float [X, Y, Z] of the view; source: int [i, j, k], its `count` labels at spacing mm → image [X, Y, Z], from 0 up.

    With ten abdomens to learn from, a network knows each kidney by its brightness; here no kidney is the same twice."""
    low, high = np.quantile(image.cpu().numpy()[::2, ::2, ::2], (0.005, 0.995))
    image = ((image - float(low)) / max(float(high - low), 1e-6)).clamp(min=0)
    if rng.random() < 0.6:
        image = image * _organ_brightness(rng, source, view, spacing, count)
    if rng.random() < 0.5:
        image = _bent(rng, image)
    return image


def _organ_brightness(rng, source, view: View, spacing, count: int) -> torch.Tensor:
    """A factor for each label, averaged across borders as a scanner would."""
    factors = np.exp(rng.normal(0, 0.15, count)).astype(np.float32)
    factors[0] = 1.0
    return sample_image(looked_up(torch.from_numpy(factors).to(source.device), source), view, spacing)


def _bent(rng, image: torch.Tensor) -> torch.Tensor:
    """A random rising curve from 0 to 1, continued straight beyond."""
    steps = 0.5 / KNOTS + 0.5 * rng.dirichlet(np.full(KNOTS, 2.0))
    rise = torch.tensor(np.concatenate([[0.0], np.cumsum(steps)]), dtype=torch.float32, device=image.device)
    place = image * KNOTS
    knot = place.floor().clamp(max=KNOTS - 1).long()
    start = rise.index_select(0, knot.flatten()).view(image.shape)
    end = rise.index_select(0, knot.flatten() + 1).view(image.shape)
    return start + (end - start) * (place - knot)
