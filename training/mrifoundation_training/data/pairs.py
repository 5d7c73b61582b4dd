"""Two views of one anatomy: two contrasts of one label map, or one real scan as two scanners might have shown it. Labels are not needed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from torch.nn import functional as F

from mrifoundation_training.data.example import Example
from mrifoundation_training.data.examples import Anatomy, Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.volume_memory import VolumeMemory
from mrifoundation_training.data.volumes import CaseVolume

# The teacher sees the better image of the two.
STRENGTHS = (0.5, 1.0)
MISSING = 0.1  # probability that a view lacks some slices


@dataclass(frozen=True)
class Pair:
    """Two images on one grid: the same index is the same place of the anatomy in both.

    images, valids: float32 [2, X, Y, Z], the teacher's first, sizes multiples of the network's stride; spacings: float32 [2, 4] as the
    network takes it; region: of the body; labelled: whether the scan has labels."""

    images: torch.Tensor
    valids: torch.Tensor
    spacings: torch.Tensor
    region: str
    labelled: bool
    case_id: str


class Views(Examples):
    """Examples that are looked at without anything being asked of them."""

    def _view(self, rng, volume: CaseVolume, anatomy: Anatomy, recipe: SourceRecipe, strength: float):
        image, native, _ = self._image(rng, volume, anatomy, recipe, strength)
        image, valid = self._marked(rng, image, anatomy, MISSING)
        pad = anatomy.view.padding
        spacing = torch.tensor([anatomy.view.spacing, *native], dtype=torch.float32)
        return F.pad(image, pad, value=-1.0), F.pad(valid, pad), spacing


@dataclass
class Pairs(Views):
    """A map-style dataset: item n is the pair of draw n, the same whenever and wherever it is drawn.

    unlabelled: scans without labels, of which each is as likely as any other; share: how often one of them is drawn."""

    unlabelled: tuple[Case, ...] = ()
    share: float = 0.3

    def _drawable(self) -> Iterable[Case]:
        often = self.share if self.unlabelled else 0
        return chain(self.unlabelled if often > 0 else (), super()._drawable() if often < 1 else ())

    def _drawn(self, rng: np.random.Generator) -> Case:
        if self.unlabelled and rng.random() < self.share:
            return self.unlabelled[rng.integers(len(self.unlabelled))]
        return super()._drawn(rng)

    def _recipe(self, case: Case) -> SourceRecipe:
        """A scan without labels is always shown as it is; where nobody said that it may be mirrored, it is not."""
        recipe = self.recipes.get(case.source, SourceRecipe(0, flip=False))
        as_it_is = {"synthetic": 0.0, "focus": 0.0, "levels": 0.0, "hosted": 0.0, "completed": 0.0, "womb": 0.0}
        return recipe if case.labels is not None else replace(recipe, **as_it_is)

    def _example(self, rng: np.random.Generator, volume: CaseVolume, recipe: SourceRecipe) -> Pair:
        anatomy = self._anatomy(rng, volume, recipe)
        views = [self._view(rng, volume, anatomy, recipe, strength * self.strength) for strength in STRENGTHS]
        images, valids, spacings = (torch.stack(parts) for parts in zip(*views, strict=True))
        return Pair(images, valids, spacings, volume.case.region, volume.case.labels is not None, volume.case.id)


@dataclass
class WithPairs:
    """A map-style dataset: item n is example n with, at the first example of every `every`-th step, the pair of that step, else None,
    and with what was skipped so far by the process that drew it, which may be another one than asks.

    processes: that share a step, each with `cases_per_step` examples and a pair of its own. volumes: what keeps the cases in memory, in
    place of all of them for good."""

    examples: Examples
    pairs: Pairs | None = None
    cases_per_step: int = 1
    every: int = 1
    processes: int = 1
    volumes: VolumeMemory | None = None

    def __post_init__(self):
        if self.volumes is not None:
            self.examples.share_volumes(self.volumes)
        if self.pairs is not None:
            self.pairs.share_volumes(self.examples)

    def __getitem__(self, draw: int) -> tuple[Example, Pair | None, dict[str, str]]:
        turn, part = divmod(draw, self.cases_per_step)
        wanted = self.pairs is not None and part == 0 and turn // self.processes % self.every == 0
        return self.examples[draw], self.pairs[turn] if wanted else None, self.skipped

    @property
    def skipped(self) -> dict[str, str]:
        """Cases that could not be read, with the reason."""
        return self.examples.left_out() | (self.pairs.left_out() if self.pairs is not None else {})
