"""Self-supervised student–teacher stage: a student that sees part of one view agrees with a teacher that sees another view.

The teacher is the running average of the weights, which every run keeps anyway (Tarvainen & Valpola, Mean teacher, 2017). Scan tokens
agree as in DINO (Caron et al., 2021), tokens and voxels as in iBOT (Zhou et al., 2022).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mrifoundation.model import Features, FoundationModel, NetworkConfig
from mrifoundation.model.pooling import pool
from mrifoundation.model.precision import native_autocast
from mrifoundation.model.subvoxel import to_cells
from mrifoundation.volume.adapt import STRIDE
from mrifoundation_training.data.pairs import Pair
from mrifoundation_training.losses.agreement import agreement
from mrifoundation_training.recipe_values import Count, Share
from mrifoundation_training.stages.collapse import CollapseWatch
from mrifoundation_training.stages.confident_labels import confident_labels_loss
from mrifoundation_training.stages.crops import Crop, draw_crop, draw_hidden, draw_two
from mrifoundation_training.stages.prototypes import Level

CELLS_A_TOKEN = STRIDE // 2


@dataclass(frozen=True)
class StudentTeacherSettings:
    """weight: of this loss beside the dense one; 0 leaves the stage out. every: steps from one pair to the next.
    scan, token, voxel: weights of the three kinds of tokens that agree. prototypes, memory: of each kind, and how many of the teacher's
    last tokens balance them. cells: voxel tokens a step at most.
    globals, locals: sizes of the crops along an axis, as shares of the view; local_crops: how many. hidden: share of the student's tokens
    whose voxels are taken away, as if the scan lacked them.
    sharpness: temperature of the teacher, below that of the student, `softness`, so that its answers are clearer.
    unlabelled: sources whose scans without labels are seen too; unlabelled_share: how often.
    labels: weight of the teacher's confident labels on these; confidence: what makes one; labels_from: step of the run they begin at.
    grace, patience: pairs before a collapse is looked for, and pairs that must look collapsed in a row before the run stops."""

    weight: float = 0.0
    every: Count = 1
    scan: float = 0.3
    token: float = 1.0
    voxel: float = 1.0
    prototypes: tuple[int, int, int] = (64, 256, 256)
    memory: tuple[int, int, int] = (256, 1024, 2048)
    cells: Count = 1024
    globals: tuple[float, float] = (0.6, 0.9)
    locals: tuple[float, float] = (0.3, 0.5)
    local_crops: int = 2
    hidden: tuple[float, float] = (0.1, 0.5)
    sharpness: float = 0.05
    softness: float = 0.1
    unlabelled: tuple[str, ...] = ()
    unlabelled_share: Share = 0.3
    labels: float = 1.0
    confidence: Share = 0.9
    labels_from: int = 1000
    grace: int = 200
    patience: int = 60


class StudentTeacher(nn.Module):
    """Heads, memory and watch of the stage; its state_dict is all that a resumed run needs of it.

    known: region → tables of structures that some source labels side by side there."""

    LEVELS = ("scan", "token", "voxel")

    def __init__(
        self, config: NetworkConfig, settings: StudentTeacherSettings, known: dict[str, list[tuple[str, ...]]]
    ):
        super().__init__()
        self.settings, self.known = settings, known
        widths = (config.channels[3], config.channels[3], config.features)
        self.levels = nn.ModuleDict(
            {
                name: Level(width, prototypes, memory)
                for name, width, prototypes, memory in zip(
                    self.LEVELS, widths, settings.prototypes, settings.memory, strict=True
                )
            }
        )
        self.watch = CollapseWatch(self.LEVELS, settings.grace, settings.patience)

    def trained(self) -> list[nn.Parameter]:
        """What the optimiser moves: the student's heads."""
        return [p for level in self.levels.values() for p in level.student.parameters()]

    def follow(self, decay: float) -> None:
        """The teacher's heads move as its network does."""
        for level in self.levels.values():
            level.follow(decay)

    def loss(
        self, model: FoundationModel, teacher: FoundationModel, pair: Pair, step: int, rng: np.random.Generator
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """Loss of one pair and the figures worth logging. Raises Collapsed when the stage has stopped learning."""
        images, valids, spacings = (t.to(model.device) for t in (pair.images, pair.valids, pair.spacings))
        real = F.avg_pool3d(valids[:, None], STRIDE)[:, 0]
        one, other, both, small = self.draw_crops(real, rng)
        with torch.no_grad():
            taught = encode(teacher, one.of(images[0]), one.of(valids[0]), spacings[0])
        hidden = draw_hidden(rng, other.of_tokens(real[1]), self.settings.hidden)
        shown = other.of(valids[1]) * (1 - _enlarged(hidden))
        seen = encode(model, other.of(images[1]), shown, spacings[1])
        parts = [encode(model, crop.of(images[1]), crop.of(valids[1]), spacings[1]) for crop in small]

        scans = torch.cat([_scan(features) for features in (seen, *parts)])
        losses, figures = self._agree("scan", _scan(taught), scans, scans.new_ones(len(scans)))
        weight = both.of_tokens(real).amin(0).flatten()
        tokens = [f.tokens[0][crop.positions(both).to(weight.device)] for f, crop in ((taught, one), (seen, other))]
        more, told = self._agree("token", *tokens, weight)
        losses, figures = losses + more, figures | told

        kept = _real_cells(both.of(valids).amin(0), self.settings.cells, rng)
        there = other.positions(both, CELLS_A_TOKEN).to(kept.device)[kept]
        cells = [
            f.voxel[0].flatten(1).T[crop.positions(both, CELLS_A_TOKEN).to(kept.device)[kept]]
            for f, crop in ((taught, one), (seen, other))
        ]
        more, told = self._agree("voxel", *cells, cells[0].new_ones(len(kept)))
        losses, figures = losses + more, figures | told
        if self._may_label(pair, step):
            # What was taken from the student is not asked of it: that a hidden tumour is there is nobody's to know.
            sighted = (to_cells(shown[None, None])[0].flatten(1).amin(0) > 0)[there]
            tables = self.known[pair.region]
            names = tables[rng.integers(len(tables))]
            more, told = confident_labels_loss(
                model, teacher, cells[1][sighted], cells[0][sighted], names, self.settings.confidence
            )
            losses, figures = losses + self.settings.labels * more, figures | told
        return losses, {f"student_teacher/{name}": value for name, value in figures.items()}

    def _agree(self, name: str, taught: torch.Tensor, seen: torch.Tensor, weight: torch.Tensor):
        """Weighted loss of one kind of token and its figures; one teacher token may stand for all of the student's."""
        if not (weight > 0).any():
            return seen.sum() * 0, {}
        level = self.levels[name]
        if len(taught) == len(seen):
            taught = taught[weight > 0]
        seen, weight = seen[weight > 0], weight[weight > 0]
        targets = level.targets(taught, self.settings.sharpness)
        loss, figures = agreement(targets.expand(len(seen), -1), level.student(seen), weight, self.settings.softness)
        self.watch.see(name, level.used, level.spread, figures["entropy"])
        figures |= {"loss": loss.item(), "used": level.used, "spread": level.spread}
        return getattr(self.settings, name) * loss, {f"{name}_{what}": value for what, value in figures.items()}

    def draw_crops(self, real: torch.Tensor, rng: np.random.Generator) -> tuple[Crop, Crop, Crop, list[Crop]]:
        """The teacher's crop, the student's, what they share, and the student's small ones. real: [2, x, y, z], share of real data in
        each token of both views."""
        two = draw_two(rng, real.amin(0), self.settings.globals)
        small = [draw_crop(rng, real[1], self.settings.locals) for _ in range(self.settings.local_crops)]
        return *two, [crop for crop in small if crop.of_tokens(real[1]).any()]

    def _may_label(self, pair: Pair, step: int) -> bool:
        wanted = self.settings.labels > 0 and step >= self.settings.labels_from
        return wanted and not pair.labelled and pair.region in self.known


def encode(model: FoundationModel, image: torch.Tensor, valid: torch.Tensor, spacing: torch.Tensor) -> Features:
    """Features of one view [X, Y, Z]. What is not real is made the same whatever lay there, so that it cannot count."""
    image = torch.where(valid > 0, image, -1.0)
    with native_autocast(model.device):
        return model.encode(image[None, None], valid[None, None], spacing[None])


def _scan(features: Features) -> torch.Tensor:
    """The scan token [1, D]: the mean of all with real data."""
    return pool(features.tokens.float(), features.share.float())


def _enlarged(tokens: torch.Tensor) -> torch.Tensor:
    """A mask of tokens [x, y, z] as one of their voxels, float [X, Y, Z]."""
    for axis in range(3):
        tokens = tokens.repeat_interleave(STRIDE, axis)
    return tokens.float()


def _real_cells(valid: torch.Tensor, most: int, rng: np.random.Generator) -> torch.Tensor:
    """Indices [m] of cells all of whose voxels are real in valid [X, Y, Z], `most` of them at random."""
    real = (to_cells(valid[None, None])[0].flatten(1).amin(0) > 0).nonzero()[:, 0]
    generator = torch.Generator(device=real.device).manual_seed(int(rng.integers(2**62)))
    return real[torch.randperm(len(real), generator=generator, device=real.device)[:most]]
