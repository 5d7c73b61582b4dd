"""A label map becomes an image: contrast, texture, and a plausible surrounding where nothing is labelled."""

import numpy as np
import torch

from mrifoundation_training.synthesis.contrast import draw_contrast
from mrifoundation_training.synthesis.geometry import smooth_noise


def render(
    rng: np.random.Generator, labels: torch.Tensor, names: tuple[str, ...], *, whole: bool, realistic: float
) -> torch.Tensor:
    """labels: int [X, Y, Z] with names[n] of label n → image float [X, Y, Z].

    whole: everything of the body is labelled, so label 0 is mostly air; else label 0 is filled with random tissue, because a
    partial map says nothing about its surroundings.
    """
    means, deviations = draw_contrast(rng, names, realistic)
    if whole and rng.random() < 0.85:
        means[0], deviations[0] = abs(rng.normal(0, 0.02)), rng.uniform(0, 0.02)
    device, index = labels.device, labels.long()
    mean = torch.tensor(means, device=device)[index]
    deviation = torch.tensor(deviations, device=device)[index]
    if not whole:
        surround, outside = _surroundings(rng, labels.shape, device), labels == 0
        mean = torch.where(outside, surround, mean)
    texture = _normal(rng, labels.shape, device)
    image = mean + deviation * texture
    # Structures are not uniform inside either: a slow variation, a few per cent.
    return image * (1 + 0.06 * rng.random() * smooth_noise(rng, 1, labels.shape, 8, device)[0])


def _surroundings(rng, shape, device) -> torch.Tensor:
    """Random tissue: smooth random fields compete, the winner's brightness fills the place."""
    count = int(rng.integers(3, 8))
    fields = smooth_noise(rng, count, shape, rng.uniform(5, 16), device)
    levels = torch.tensor(rng.uniform(0, 1, count), dtype=torch.float32, device=device)
    return levels[fields.argmax(0)]


def _normal(rng, shape, device) -> torch.Tensor:
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**62)))
    return torch.randn(tuple(shape), generator=generator, device=device)
