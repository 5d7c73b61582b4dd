"""A label map becomes an image: contrast, texture, and a plausible surrounding where nothing is labelled."""

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation_training.synthesis.contrast import (
    BRAIN_SHARES,
    draw_contrast,
    draw_surroundings,
    texture_of,
    tissue_of,
)
from mrifoundation_training.synthesis.geometry import View, looked_up, sample_image, sample_labels, smooth_noise
from mrifoundation_training.synthesis.strange_body import strange_body
from mrifoundation_training.synthesis.womb import in_a_womb

RIM_MM = 1.2  # of cortical bone around the marrow
FINE_MM = 2.0  # a coarser axis does not show it


def render(
    rng: np.random.Generator,
    source: torch.Tensor,
    spacing: np.ndarray,
    view: View,
    names: tuple[str, ...],
    *,
    whole: bool,
    realistic: float,
    uneven: bool = False,
    womb: bool = False,
    shares: tuple[float, ...] = BRAIN_SHARES,
) -> tuple[torch.Tensor, str | None]:
    """source: int [i, j, k] with names[n] of label n and spacing in mm → image float [X, Y, Z] of the view, and the sequence whose
    contrast it has (None for a random one).

    Brightness is given at the source's own resolution and then averaged, so that a working voxel across a border is a mixture, as in a
    scanner. whole: everything of the body is labelled, so label 0 is mostly air; else label 0 is filled with random tissue, because a
    partial map says nothing about its surroundings. uneven: structures vary inside. womb: a partial map lies in a skull in fluid.
    shares: how often each sequence is drawn.
    """
    means, deviations, sequence = draw_contrast(rng, names, realistic, shares)
    if whole and rng.random() < 0.85:
        means[0], deviations[0] = abs(rng.normal(0, 0.02)), rng.uniform(0, 0.02)
    device = source.device
    bright = looked_up(torch.tensor(means, device=device), source)
    marrow = [tissue_of(name) == "marrow" for name in names]
    if any(marrow) and rng.random() < 0.7:
        dark = rng.uniform(0.03, 0.15) if sequence else rng.random()
        bright = torch.where(_rim(source, marrow, spacing), dark, bright)
    image = sample_image(bright, view, spacing)
    shown = sample_labels(source, view)
    deviation = looked_up(torch.tensor(deviations, device=device), shown)
    if not whole:
        image = surrounded(rng, image, float(means[0]), source, spacing, view, sequence, womb)
    if uneven:
        image = image * _uneven(rng, shown, names)
    image = image + deviation * _normal(rng, image.shape, device)
    # Structures are not uniform inside either: a slow variation, a few per cent.
    return image * (1 + 0.06 * rng.random() * smooth_noise(rng, 1, image.shape, 8, device)[0]), sequence


def surrounded(
    rng: np.random.Generator,
    image: torch.Tensor,
    empty: float,
    source: torch.Tensor,
    spacing: np.ndarray,
    view: View,
    sequence: str | None,
    womb: bool,
) -> torch.Tensor:
    """`image` [X, Y, Z], which is `empty` where nothing is labelled, with a plausible surrounding there; the rest as of `render`."""
    named = sample_image((source > 0).float(), view, spacing)
    around = _surroundings(rng, image.shape, image.device, sequence)
    if womb:
        around = in_a_womb(rng, around, sample_labels(source, view) > 0, view.spacing, sequence)
    # Where label 0 was averaged in, its brightness gives way to the surroundings'.
    return image + (1 - named) * (around - empty)


def _rim(source: torch.Tensor, marrow: list[bool], spacing: np.ndarray) -> torch.Tensor:
    """The outermost voxels of bones, bool [i, j, k]: maps call all of a bone by one name, but its rim gives no signal. marrow: which
    labels are of bones."""
    bone = looked_up(torch.tensor(marrow, dtype=torch.float32, device=source.device), source)[None, None]
    inside = bone
    for axis, length in enumerate(spacing):
        reach = max(1, round(RIM_MM / length)) if length < FINE_MM else 0
        kernel = [2 * reach + 1 if own == axis else 1 for own in range(3)]
        inside = -F.max_pool3d(-inside, kernel, 1, [size // 2 for size in kernel])
    return (bone > inside)[0, 0]


def _uneven(rng: np.random.Generator, labels: torch.Tensor, names: tuple[str, ...]) -> torch.Tensor:
    """A factor [X, Y, Z] that varies inside of each structure, in some by a few per cent, in others much: what was only ever shown as an
    even blob is looked for in even blobs, a prostate in the head of a femur or in the bladder."""
    amount = torch.tensor([_amount(rng, name) for name in names], dtype=torch.float32, device=labels.device)
    field = smooth_noise(rng, 1, labels.shape, np.exp(rng.uniform(np.log(2), np.log(12))), labels.device)[0]
    return (1 + looked_up(amount, labels) * field).clamp(min=0.1)


def _amount(rng: np.random.Generator, name: str) -> float:
    known = texture_of(name)
    return 0.4 * rng.random() ** 2 if known is None else known * rng.uniform(0.5, 1.5)


def _surroundings(rng, shape, device, sequence: str | None) -> torch.Tensor:
    """Half of the time a body that nobody has, else random tissue alone: smooth random fields compete, the winner's brightness fills the
    place. In half of the images that look like a sequence that is soft tissue as it shows it; else anything."""
    if rng.random() < 0.5:
        return strange_body(rng, shape, sequence, device)
    count = int(rng.integers(3, 8))
    fields = smooth_noise(rng, count, shape, np.exp(rng.uniform(np.log(5), np.log(40))), device)
    levels = torch.tensor(draw_surroundings(rng, count, sequence if rng.random() < 0.5 else None), device=device)
    return levels[fields.argmax(0)]


def _normal(rng, shape, device) -> torch.Tensor:
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**62)))
    return torch.randn(tuple(shape), generator=generator, device=device)
