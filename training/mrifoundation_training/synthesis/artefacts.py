"""What scanners do to images: thick slices, blur, bias field, surface coils, noise, ghosts, clipping, missing slices."""

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation_training.synthesis.geometry import smooth_noise
from mrifoundation_training.synthesis.stack import Stack


def degrade(
    rng: np.random.Generator, image: torch.Tensor, spacing: float, strength: float, stack: Stack | None = None
) -> tuple[torch.Tensor, np.ndarray]:
    """Apply a random chain to an image [X, Y, Z] at working `spacing` (mm); strength 0…1 scales probabilities and amplitudes.
    stack: the slices that it was taken in, where that is settled.

    Returns the image and the native spacing it now stands for, mm [3].
    """
    low, high = image.min(), image.max()
    image = (image - low) / (high - low).clamp(min=1e-6)
    image = image.clamp(min=0) ** float(np.exp(rng.normal(0, 0.25 * strength)))
    if rng.random() < 0.7:
        image = image * torch.exp(
            0.35 * strength * rng.random() * smooth_noise(rng, 1, image.shape, max(image.shape) / 2, image.device)[0]
        )
    if rng.random() < 0.15 * strength:
        image = image * _sensitivity(rng, image.shape, image.device)
    native = np.full(3, max(1.0, spacing * rng.uniform(0.5, 1.0)))
    if stack is not None:
        image = image * stack.along(stack.brightness(rng), image)
        image, native[stack.axis] = _thick_slices(image, stack.axis, int(stack.of.max()) + 1), stack.thickness
    elif rng.random() < 0.5 * strength:
        axis = int(rng.integers(3))
        thickness = rng.uniform(1.5, 8.0)
        if thickness > 1.3 * spacing:
            count = max(2, round(image.shape[axis] * spacing / thickness))
            image, native[axis] = _thick_slices(image, axis, count), thickness
    if rng.random() < 0.4 * strength:
        image = _blur(image, rng.uniform(0.3, 0.9))
    if rng.random() < 0.12 * strength:
        image = _ghost(rng, image)
    if rng.random() < 0.9:
        generator = torch.Generator(device=image.device).manual_seed(int(rng.integers(2**62)))
        noise = torch.randn((2, *image.shape), generator=generator, device=image.device) * (
            0.06 * strength * rng.random() ** 2 + 0.003
        )
        image = torch.sqrt((image + noise[0]) ** 2 + noise[1] ** 2)  # magnitude of two noisy channels: Rician
    return image, native


def _sensitivity(rng: np.random.Generator, shape: tuple[int, int, int], device: torch.device) -> torch.Tensor:
    """Of a surface coil, [X, Y, Z]: it hears what is near it and next to nothing of what is far."""
    reach = max(shape) * rng.uniform(0.4, 1.0)
    square = torch.zeros(shape, device=device)
    for axis, (count, place) in enumerate(zip(shape, rng.random(3), strict=True)):
        along = (torch.arange(count, device=device) - float(place) * count) / reach
        square += along.square().reshape([-1 if own == axis else 1 for own in range(3)])
    return (-square).exp().clamp(min=0.05)


def _thick_slices(image: torch.Tensor, axis: int, count: int) -> torch.Tensor:
    size = list(image.shape)
    size[axis] = count
    thick = F.interpolate(image[None, None], size=size, mode="area")
    return F.interpolate(thick, size=tuple(image.shape), mode="trilinear", align_corners=False)[0, 0]


def _blur(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur; sigma in voxels, up to about 1."""
    kernel = torch.exp(-0.5 * (torch.arange(-2, 3, device=image.device) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    out = image[None, None]
    for axis in range(3):
        shape, pad = [1, 1, 1, 1, 1], [0] * 6
        shape[2 + axis] = 5
        pad[4 - 2 * axis] = pad[5 - 2 * axis] = 2
        out = F.conv3d(F.pad(out, pad, mode="replicate"), kernel.view(shape))
    return out[0, 0]


def _ghost(rng, image: torch.Tensor) -> torch.Tensor:
    axis = int(rng.integers(3))
    shift = int(image.shape[axis] / rng.uniform(2, 5))
    return image + rng.uniform(0.03, 0.15) * torch.roll(image, shift, dims=axis)


def drop_slices(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """A validity mask [X, Y, Z] with a slab of missing slices somewhere."""
    valid = np.ones(shape, dtype=bool)
    axis = int(rng.integers(3))
    width = int(rng.integers(1, max(2, shape[axis] // 8)))
    start = int(rng.integers(0, max(1, shape[axis] - width)))
    index = [slice(None)] * 3
    index[axis] = slice(start, start + width)
    valid[tuple(index)] = False
    return valid
