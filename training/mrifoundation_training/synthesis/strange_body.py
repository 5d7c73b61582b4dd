"""Bodies that nobody has: trunks and limbs of random form, full of tissues of random form.

A network that has only ever been shown brains, hearts and a few more takes any other scan for one of them: a real prostate for a brain,
with all its structures in view. What a scan looks like is no sign of what it shows; these images have the looks and show nothing.
"""

import numpy as np
import torch

from mrifoundation_training.synthesis.contrast import OTHER_SHARES, SEQUENCES, draw_surroundings
from mrifoundation_training.synthesis.geometry import smooth_noise

TRUNK = 0.85  # probability that the image ends in air somewhere, not inside the body
LIMB = 0.7  # probability that a body runs through the image along one axis, as a limb or a trunk does
FIELD_MM = (60.0, 450.0)  # of view, smallest and largest


def draw_size(rng: np.random.Generator) -> np.ndarray:
    """How large a field of view is, mm [3]: two alike, the third anything."""
    size = rng.uniform(*FIELD_MM) * rng.uniform(0.7, 1.0, 3)
    size[rng.integers(3)] = rng.uniform(*FIELD_MM)
    return size


def draw_sequence(rng: np.random.Generator) -> str | None:
    """One of SEQUENCES, or None for brightness without rhyme or reason."""
    return SEQUENCES[rng.choice(len(SEQUENCES), p=OTHER_SHARES)] if rng.random() < 0.8 else None


def strange_body(
    rng: np.random.Generator, shape: tuple[int, int, int], sequence: str | None, device: torch.device
) -> torch.Tensor:
    """An image [X, Y, Z] of a body that nobody has, as a sequence shows its tissues; about 0 in the air, 1 where it is bright."""
    image = _tissues(rng, shape, sequence, device)
    along = int(rng.integers(3)) if rng.random() < LIMB else None
    if rng.random() < TRUNK:
        radius = _radius(rng, shape, along, np.zeros(3), rng.uniform(0.6, 1.2, 3), 0.15, device)
        image = torch.where(radius < 1 - 0.25 * rng.random(), image, _level(rng, sequence))  # skin and the fat below it
        image = torch.where(radius < 1, image, 0.02 * rng.random())
    for _ in range(rng.integers(0, 4)):
        radius = _radius(rng, shape, along, rng.uniform(-0.5, 0.5, 3), rng.uniform(0.08, 0.35, 3), 0.1, device)
        image = torch.where((radius < 1) & (image > 0.03), 0.06, image)  # a bone's rim gives no signal
        image = torch.where((radius < 0.8) & (image > 0.03), _level(rng, sequence), image)
    return image * (1 + 0.1 * rng.random() * smooth_noise(rng, 1, shape, 6, device)[0])


def _tissues(rng, shape, sequence: str | None, device) -> torch.Tensor:
    """Random fields of two sizes compete; each winner has its brightness and its own grain."""
    count = int(rng.integers(4, 20))
    coarse, fine = np.exp(rng.uniform(np.log([8, 3]), np.log([40, 10])))
    fields = smooth_noise(rng, count, shape, coarse, device) + rng.random() * smooth_noise(
        rng, count, shape, fine, device
    )
    winner = fields.argmax(0)
    levels = torch.tensor(draw_surroundings(rng, count, sequence), device=device)
    grain = torch.tensor(rng.uniform(0, 0.12, count).astype(np.float32), device=device)
    return (levels[winner] + grain[winner] * smooth_noise(rng, 1, shape, 2, device)[0]).clamp(min=0.04)


def _level(rng, sequence: str | None) -> float:
    return float(draw_surroundings(rng, 1, sequence)[0])


def _radius(rng, shape, along: int | None, centre: np.ndarray, half: np.ndarray, rough: float, device) -> torch.Tensor:
    """Below 1 inside of an ellipsoid with an uneven surface, or of a tube along an axis; the image reaches from −1 to 1."""
    axes = [torch.linspace(-1, 1, n, device=device) for n in shape]
    square = torch.zeros(shape, device=device)
    for axis, place in enumerate(torch.meshgrid(*axes, indexing="ij")):
        if axis != along:
            square += ((place - float(centre[axis])) / float(half[axis])) ** 2
    return square.sqrt() + rough * smooth_noise(rng, 1, shape, max(shape) / 4, device)[0]
