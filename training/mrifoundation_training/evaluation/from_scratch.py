"""A U-Net of nnU-Net's kind trained on a few annotated scans or slices and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation.engine.taught.cells import PAINTED, marked
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import Adapted, adapt
from mrifoundation_training.evaluation.few_shot_tasks import Shot

FOREGROUND = 0.67  # of the patches lie on the structure, as in nnU-Net at least a third do


@dataclass(frozen=True)
class ScratchRecipe:
    """steps: of one patch each. patch: working voxels a side, a multiple of 16. filters: of each level. rate: at first."""

    steps: int = 300
    patch: int = 48
    filters: tuple[int, ...] = (16, 32, 64, 128)
    rate: float = 1e-2

    @property
    def sentence(self) -> str:
        filters = "/".join(map(str, self.filters))
        return (
            f"From scratch: MONAI's DynUNet (nnU-Net's network) with {filters} filters, {self.steps} steps of one {self.patch}³ patch on "
            "the same working grids; Dice and cross-entropy where annotated, SGD with Nesterov momentum 0.99, polynomial decay, mirroring "
            "(but not of the sides), brightness, contrast and noise. nnU-Net itself trains 250,000 steps of two larger patches."
        )


def train_from_scratch(
    shots: Sequence[Shot], profile: str, recipe: ScratchRecipe, seed: int
) -> Callable[[Scan], np.ndarray]:
    """Train, and give what predicts: a scan → logits float32 [X, Y, Z] on its working grid, without padding.

    Sparse annotation as in Çiçek et al., 3D U-Net, MICCAI 2016: voxels of which nothing is said have no weight in the loss.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    volumes = [_Volume.of(shot, profile, recipe.patch) for shot in shots]
    network = _network(recipe)
    optimiser = torch.optim.SGD(network.parameters(), recipe.rate, momentum=0.99, nesterov=True, weight_decay=3e-5)
    decay = torch.optim.lr_scheduler.PolynomialLR(optimiser, recipe.steps, power=0.9)
    for _ in range(recipe.steps):
        image, inside, known = _augmented(volumes[random.integers(len(volumes))].patch(recipe.patch, random), random)
        loss = annotated_loss(network(image)[0, 0], inside, known)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 12)
        optimiser.step()
        decay.step()
    network.eval()
    return lambda scan: _predict(network, adapt(scan, profile))


@dataclass(frozen=True, eq=False)
class _Volume:
    """A shot on its working grid: image, share of the structure, what is known; float32, at least one patch large."""

    arrays: np.ndarray  # [3, X, Y, Z]
    inside: np.ndarray  # voxels of the structure [n, 3]
    annotated: np.ndarray  # voxels of which something is said [n, 3]

    @classmethod
    def of(cls, shot: Shot, profile: str, patch: int) -> "_Volume":
        adapted = adapt(shot.scan, profile)
        annotation = marked(adapted, shot.mask, shot.known, shot.scan.name)
        x, y, z = adapted.grid.shape
        parts = [(adapted.image[:x, :y, :z], -1.0), (annotation.inside, 0.0), (annotation.known, 0.0)]
        pad = [(0, max(0, patch - n)) for n in (x, y, z)]
        arrays = np.stack([np.pad(part, pad, constant_values=value) for part, value in parts]).astype(np.float32)
        return cls(arrays, np.argwhere(arrays[1] >= PAINTED), np.argwhere(arrays[2] > 0))

    def patch(self, size: int, random: np.random.Generator) -> np.ndarray:
        """[3, size, size, size] around a voxel of the structure, or around any that was annotated."""
        among = self.inside if len(self.inside) and random.random() < FOREGROUND else self.annotated
        centre = among[random.integers(len(among))]
        shift = random.integers(-size // 4, size // 4 + 1, 3)
        last = np.array(self.arrays.shape[1:]) - size
        start = np.clip(centre + shift - size // 2, 0, last)
        return self.arrays[(slice(None), *(slice(a, a + size) for a in start))]


def _network(recipe: ScratchRecipe) -> torch.nn.Module:
    from monai.networks.nets import DynUNet  # MONAI takes ten seconds to import

    levels = len(recipe.filters)
    return DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=1,
        kernel_size=[3] * levels,
        strides=[1, *[2] * (levels - 1)],
        upsample_kernel_size=[2] * (levels - 1),
        filters=recipe.filters,
        norm_name="instance",
    )


def _augmented(arrays: np.ndarray, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    axes = [axis for axis in (2, 3) if random.random() < 0.5]  # never left and right, which may be the difference
    image, inside, known = np.flip(arrays, axes).copy()
    image = image * random.uniform(0.75, 1.25) + random.uniform(-0.2, 0.2)
    image = image + random.normal(0, random.uniform(0, 0.1), image.shape)
    return torch.from_numpy(image.astype(np.float32))[None, None], torch.from_numpy(inside), torch.from_numpy(known)


def annotated_loss(logits: torch.Tensor, inside: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Cross-entropy and soft Dice over what was annotated; all of one shape, known 1 there and 0 elsewhere."""
    entropy = F.binary_cross_entropy_with_logits(logits, inside, known, reduction="sum") / known.sum().clamp(min=1)
    chance = logits.sigmoid() * known
    dice = (2 * (chance * inside).sum() + 1e-5) / (chance.sum() + (inside * known).sum() + 1e-5)
    return entropy + 1 - dice


@torch.inference_mode()
def _predict(network: torch.nn.Module, adapted: Adapted) -> np.ndarray:
    """In one piece: the network is convolutional and a working grid is small."""
    x, y, z = adapted.grid.shape
    return network(torch.from_numpy(adapted.image)[None, None])[0, 0, :x, :y, :z].float().numpy()
