"""Crops of a grid along token borders, so that any two of them share whole tokens, and each token has its twin."""

from dataclasses import dataclass

import numpy as np
import torch

from mrifoundation.volume.adapt import STRIDE

TRIES = 12


@dataclass(frozen=True)
class Crop:
    """A box of tokens: first and count along each axis."""

    first: tuple[int, int, int]
    count: tuple[int, int, int]

    def of(self, volume: torch.Tensor) -> torch.Tensor:
        """The part of a working volume [..., X, Y, Z]."""
        box = (slice(f * STRIDE, (f + n) * STRIDE) for f, n in zip(self.first, self.count, strict=True))
        return volume[(..., *box)]

    def of_tokens(self, tokens: torch.Tensor) -> torch.Tensor:
        """The part of a grid of tokens [..., x, y, z]."""
        return tokens[(..., *(slice(f, f + n) for f, n in zip(self.first, self.count, strict=True)))]

    def positions(self, part: "Crop", parts: int = 1) -> torch.Tensor:
        """Where `part`, a crop inside this one, lies in the flattened grid of this one: int64 [n].

        parts: grid points a token along each axis (1: tokens, STRIDE / 2: cells, STRIDE: voxels). The order is that of `part`, so
        positions in two crops of one shared part are of the same places."""
        grid = torch.arange(int(np.prod(self.count)) * parts**3).view([n * parts for n in self.count])
        inside = [
            slice((p - f) * parts, (p - f + n) * parts)
            for p, f, n in zip(part.first, self.first, part.count, strict=True)
        ]
        return grid[tuple(inside)].flatten()


def shared(one: Crop, other: Crop) -> Crop | None:
    """What two crops have in common."""
    first = tuple(max(pair) for pair in zip(one.first, other.first, strict=True))
    last = [min(a + n, b + m) for a, n, b, m in zip(one.first, one.count, other.first, other.count, strict=True)]
    count = tuple(stop - start for start, stop in zip(first, last, strict=True))
    return Crop(first, count) if min(count) > 0 else None


def draw_crop(rng: np.random.Generator, real: torch.Tensor, sizes: tuple[float, float], least: float = 0.3) -> Crop:
    """A random crop of a grid of tokens.

    real: float [x, y, z], share of real data in each token; sizes: of the crop along an axis, as a share of the grid's; least: mean share
    of real data in it. After some tries the one with most real data is taken."""
    best, most = None, -1.0
    for _ in range(TRIES):
        count = tuple(max(1, round(n * rng.uniform(*sizes))) for n in real.shape)
        first = tuple(int(rng.integers(0, n - c + 1)) for n, c in zip(real.shape, count, strict=True))
        crop = Crop(first, count)
        held = crop.of_tokens(real).mean().item()
        if held >= least:
            return crop
        if held > most:
            best, most = crop, held
    return best


def draw_two(rng: np.random.Generator, real: torch.Tensor, sizes: tuple[float, float]) -> tuple[Crop, Crop, Crop]:
    """Two crops that share some real data, and what they share. The whole grid twice where chance gives no such two."""
    for _ in range(TRIES):
        one, other = draw_crop(rng, real, sizes), draw_crop(rng, real, sizes)
        both = shared(one, other)
        if both is not None and both.of_tokens(real).sum() >= 1:
            return one, other, both
    whole = Crop((0, 0, 0), tuple(real.shape))
    return whole, whole, whole


def draw_hidden(rng: np.random.Generator, real: torch.Tensor, shares: tuple[float, float]) -> torch.Tensor:
    """Which tokens to hide: bool [x, y, z], a random share of those with real data, never all of them."""
    places = np.flatnonzero(real.flatten().cpu().numpy() > 0)
    count = min(len(places) - 1, round(len(places) * rng.uniform(*shares)))
    hidden = torch.zeros(real.numel(), dtype=torch.bool)
    if count > 0:
        hidden[torch.from_numpy(rng.choice(places, count, replace=False))] = True
    return hidden.view(real.shape).to(real.device)
